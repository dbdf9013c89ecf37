# SPDX-License-Identifier: LGPL-2.1-or-later
# What 'ip -d -o link', 'ip -o address', 'ip route' and 'bridge vlan' print, without what comes and goes by itself.
/fe80:|ff00::/d
s/^[0-9]+: //
s/@if[0-9]+//
s/link-netnsid [0-9]+//
s/,?(NO-CARRIER|LOWER_UP)//g
s/<,/</
s/ (linkdown|dadfailed|tentative)//g
s/ (valid_lft|preferred_lft|expires) [a-z0-9]+//g
s/ (gso|gro|tso)_[a-z0-9_]+ [0-9]+//g
s/ state [A-Za-z]+//g
s/ (promiscuity|allmulti|minmtu|maxmtu|numtxqueues|numrxqueues) [A-Z0-9]+//g
s/[a-z]+_timer +[0-9.]+//g
s/ (mii_status|link_failure_count|perm_hwaddr|queue_id|active_slave|root_port|root_path_cost|designated_[a-z]+|port_no|port_id|cost|topology_change[a-z_]*) [^ ]+//g
s/ (ad_aggregator|ad_num_ports|ad_actor_key|ad_partner_key|ad_partner_mac|ad_aggregator_id|ad_(actor|partner)_oper_port_state(_str)?) [^ ]+//g
s/ +\\? *$//
