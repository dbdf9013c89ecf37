/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: what host vNICs send and receive at most; a case of kernel-live-test. */
#include "kernel-fixture.h"

#include <string.h>

#define VNIC(limits)                                                                               \
    "<host name='a'><link name='br' kind='bridge' ours='yes' up='yes' vlanfiltering='yes'/>"       \
    "<link name='m' kind='veth' ours='yes' up='yes' peer='m-p'/>"                                  \
    "<link name='m-p' kind='veth' ours='yes' up='yes' peer='m' master='br'/>"                      \
    "<port link='m-p' vlan='5' " limits "/></host>"

/* What a host vNIC sends and receives at most: each on its end of the veth. */
void
test_limits(void **state)
{
    LoomBackend *backend = *state;
    g_autofree char *sends = NULL, *receives = NULL, *unlimited = NULL, *none = NULL;

    reach_xml(backend, VNIC(""));
    reach_xml(backend, VNIC("max='100' maxin='40000'"));
    sends = show("m");
    receives = show("m-p");
    assert_non_null(strstr(sends, "\"qdisc\":\"tbf\""));
    assert_non_null(strstr(receives, "\"qdisc\":\"tbf\""));
    assert_int_equal(reach_xml(backend, VNIC("max='200'")), 1);
    unlimited = show("m-p");
    assert_null(strstr(unlimited, "tbf"));
    assert_int_equal(reach_xml(backend, VNIC("maxin='1'")), 1);
    assert_int_equal(reach_xml(backend, VNIC("")), 1);
    none = show("m");
    assert_null(strstr(none, "tbf"));
    reach_xml(backend, VNIC("max='5'"));
    reach_xml(backend, "<host name='a'/>");
}
