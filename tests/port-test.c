/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: what a vNIC's port is made of, and where ports are kept. */
#include "test.h"

#include "base/error.h"
#include "hosts.h"
#include "port/index.h"
#include "port/lock.h"
#include "port/port.h"
#include "port/state.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define UUID  "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f01"
#define OTHER "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f02"
#define MAC   "52:54:00:8a:12:01"
#define PORT  "6f2b1c8e-0000-4000-8000-000000000001"

#define SLICE(attributes)                                                                          \
    "<host name='h'><port link='uplink' tagged='20'/>"                                             \
    "<port network='Blue' portgroup='Slow' vlan='20'/>"                                            \
    "<port network='Blue' portgroup='Fast' vlan='20' mtu='1500' " attributes "/>"                  \
    "<port network='Blue' portgroup='Lost' vlan='20'/>"                                            \
    "<lease network='Blue' guest='db1' address='192.0.2.7'/>"                                      \
    "<lease network='Blue' guest='db1' address='192.0.2.8' mac='" MAC "'/>"                        \
    "<lease network='Blue' guest='db1' address='192.0.2.9' mac='52:54:00:8a:12:02'/>"              \
    "<lease network='Blue' guest='db2' address='192.0.2.10'/>"                                     \
    "<lease network='Red' guest='db1' address='192.0.2.11'/>"                                      \
    "<network name='Blue' uuid='" OTHER "' bridge='sw0'><portgroup name='Slow'/>"                  \
    "<portgroup name='Fast' default='yes'/><portgroup name='Gone'/></network></host>"

static LoomGuest *
parse_guest(const char *name, const char *mac, const char *source)
{
    g_autofree char *text = g_strdup_printf(
        "<domain><name>%s</name><uuid>" UUID "</uuid>"
        "<metadata><o:guest xmlns:o='urn:other:1'><o:vnic mac='" MAC "'><o:ip address='10.0.0.1'/>"
        "</o:vnic></o:guest><l:guest xmlns:l='urn:virt-loom:1'><l:vnic mac='" MAC "'>"
        "<l:ip address='2001:DB8:0::1'/><l:ip address='192.0.2.1'/></l:vnic>"
        "<l:vnic mac='52:54:00:8a:12:02'><l:ip address='192.0.2.2'/></l:vnic></l:guest></metadata>"
        "<devices><interface type='bridge'><mac address='%s'/><source %s/>"
        "<target dev='vnet0'/></interface>"
        "<interface type='user'><mac address='52:54:00:8A:12:02'/></interface>"
        "<interface type='hostdev'><mac address='52:54:00:8a:12:02'/></interface>"
        "<interface type='user'><mac address='none'/></interface></devices></domain>",
        name, mac, source);
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(text, strlen(text), "guest", &error);

    assert_no_error(error);
    return guest;
}

/* --- resolve --------------------------------------------------------------------------------- */

static LoomPort *
resolve(const char *slice_text, const char *name, const char *mac, const char *source,
        GError **error)
{
    g_autoptr(LoomHost) slice = loom_test_host(slice_text);
    g_autoptr(LoomGuest) guest = parse_guest(name, mac, source);

    return loom_port_resolve(slice, guest, &g_array_index(guest->vnics, LoomGuestVnic, 0), error);
}

static void
assert_resolves(const char *slice, const char *name, const char *source, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    LoomPort *port = resolve(slice, name, MAC, source, &error);

    assert_no_error(error);
    loom_record_format(port, 0, text);
    assert_string_equal(text->str, expected);
    loom_record_free(port);
}

#define ON_BLUE "network='Blue' portid='" PORT "'"
#define BEGIN   "<port link='vnet0' domain='" UUID "' mac='" MAC "' network='Blue' portgroup="

static void
test_resolve(void **state G_GNUC_UNUSED)
{
    assert_resolves(SLICE(""), "db1", ON_BLUE,
                    BEGIN "'Fast' vlan='20' mtu='1500' portid='" PORT "'/>\n");
    assert_resolves(SLICE(""), "db1", ON_BLUE " portgroup='Slow'",
                    BEGIN "'Slow' vlan='20' portid='" PORT "'/>\n");
    assert_resolves(SLICE("macguard='yes'"), "db1", ON_BLUE,
                    BEGIN "'Fast' vlan='20' mtu='1500' macguard='yes' macs='" MAC "' portid='" PORT
                          "'/>\n");
    assert_resolves(SLICE("macguard='yes' teaming='yes'"), "db1", ON_BLUE,
                    BEGIN "'Fast' vlan='20' mtu='1500' macguard='yes' teaming='yes' macs='" MAC
                          " 52:54:00:8a:12:02' portid='" PORT "'/>\n");
    assert_resolves(SLICE("macguard='no'"), "db1", "network='Blue' portid='x'",
                    BEGIN "'Fast' vlan='20' mtu='1500' macguard='no'/>\n");
}

/* Leases are by guest and network, and some by MAC; what is given is our metadata's. */
static void
test_addresses(void **state G_GNUC_UNUSED)
{
    assert_resolves(SLICE("addressguard='leased'"), "db1", "network='Blue'",
                    BEGIN "'Fast' vlan='20' mtu='1500' addressguard='leased' "
                          "addresses='192.0.2.7 192.0.2.8'/>\n");
    assert_resolves(SLICE("addressguard='leased'"), "db2", "network='Blue'",
                    BEGIN "'Fast' vlan='20' mtu='1500' addressguard='leased' "
                          "addresses='192.0.2.10'/>\n");
    assert_resolves(SLICE("addressguard='given'"), "db1", "network='Blue'",
                    BEGIN "'Fast' vlan='20' mtu='1500' addressguard='given' "
                          "addresses='192.0.2.1 2001:db8::1'/>\n");
}

/* A team's addresses are those of all that are in it. */
static void
test_teaming(void **state G_GNUC_UNUSED)
{
    assert_resolves(SLICE("teaming='yes' addressguard='leased'"), "db1", "network='Blue'",
                    BEGIN "'Fast' vlan='20' mtu='1500' teaming='yes' addressguard='leased' "
                          "addresses='192.0.2.7 192.0.2.8 192.0.2.9'/>\n");
    assert_resolves(SLICE("teaming='yes' addressguard='given'"), "db1", "network='Blue'",
                    BEGIN "'Fast' vlan='20' mtu='1500' teaming='yes' addressguard='given' "
                          "addresses='192.0.2.1 192.0.2.2 2001:db8::1'/>\n");
}

static void
assert_refused(const char *slice, const char *name, const char *mac, const char *source,
               const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_null(resolve(slice, name, mac, source, &error));
    assert_non_null(error);
    if (!strstr(error->message, words))
        fail_msg("'%s' does not say '%s'", error->message, words);
}

static void
test_refused(void **state G_GNUC_UNUSED)
{
    assert_refused(SLICE(""), "db1", MAC, "network='Blue' portgroup='None'",
                   "network 'Blue' has no portgroup 'None'");
    assert_refused(SLICE(""), "db1", MAC, "network='Blue' portgroup='Gone'",
                   "the slice of network 'Blue' says nothing of its portgroup");
    assert_refused(SLICE(""), "db1", "../../x", "network='Blue'", "'../../x' is not the MAC");
    assert_refused(SLICE(""), "db1", "01:00:5e:00:00:01", "network='Blue'", "is not the MAC");
    assert_refused(SLICE("addressguard='leased'"), "db3", MAC, "network='Blue'",
                   "no pool of network 'Blue' has a lease for it");
    assert_refused(SLICE("addressguard='given'"), "db1", "52:54:00:8a:12:03", "network='Blue'",
                   "gives it none in network 'Blue'");
}

/* What the kernel is asked for is known by its link alone. */
static void
test_in_kernel(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    LoomPort *port = resolve(SLICE("pvlan='community' secondary='20' untagged='19' max='5' "
                                   "class='c' onfailure='warn'"),
                             "db1", MAC, "network='Blue'", &error);
    LoomPort *inside = loom_port_in_kernel(port);

    loom_record_format(inside, 0, text);
    assert_string_equal(
        text->str,
        "<port link='vnet0' vlan='20' untagged='19' mtu='1500' class='c' onfailure='warn'/>\n");
    assert_true(loom_port_only_warns(port));
    assert_false(loom_port_only_warns(NULL));
    loom_record_free(inside);
    loom_record_free(port);
}

/* --- state ----------------------------------------------------------------------------------- */

static char *
make_directory(void)
{
    return g_dir_make_tmp("virt-loom-port-XXXXXX", NULL);
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_all(below);
    }
    g_remove(path);
}

static LoomHost *
make_state(const char *domain, const char *mac)
{
    g_autoptr(LoomHost) slice = loom_test_host(SLICE(""));
    LoomPort *port = loom_record_copy(loom_port_find_pattern(slice, NULL));

    LOOM_SET(port, domain, domain);
    LOOM_SET(port, mac, mac);
    LOOM_SET(port, link, "vnet0");
    return loom_port_state_new(slice, port, "db1");
}

static void
save(const char *directory, LoomPortStage stage, const char *domain, const char *mac)
{
    g_autoptr(LoomHost) state = make_state(domain, mac);
    g_autoptr(GError) error = NULL;

    assert_true(loom_port_state_save(directory, stage, state, &error));
    assert_no_error(error);
}

static guint
count(const char *directory, LoomPortStage stage, const char *domain)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) states = loom_port_state_list(directory, stage, domain, report);

    return states->len;
}

static void
test_state(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autoptr(GError) error = NULL;

    save(directory, LOOM_PORT_LIVE, UUID, MAC);
    save(directory, LOOM_PORT_LIVE, UUID, "52:54:00:8a:12:02");
    save(directory, LOOM_PORT_LIVE, OTHER, MAC);
    save(directory, LOOM_PORT_INTENT, UUID, MAC);
    assert_int_equal(count(directory, LOOM_PORT_LIVE, NULL), 3);
    assert_int_equal(count(directory, LOOM_PORT_LIVE, UUID), 2);
    assert_int_equal(count(directory, LOOM_PORT_INTENT, NULL), 1);

    g_autoptr(LoomHost) found =
        loom_port_state_find(directory, LOOM_PORT_LIVE, UUID, "52:54:00:8A:12:01", &error);
    assert_no_error(error);
    assert_string_equal(loom_port_state_port(found)->link, "vnet0");
    assert_string_equal(loom_port_state_network(found)->bridge, "sw0");
    assert_string_equal(loom_port_state_guest(found), "db1");
    assert_null(loom_port_state_find(directory, LOOM_PORT_INTENT, OTHER, MAC, &error));
    assert_no_error(error);

    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, MAC, &error));
    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, MAC, &error));
    assert_true(loom_port_state_has(directory, LOOM_PORT_LIVE, UUID));
    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, NULL, &error));
    assert_false(loom_port_state_has(directory, LOOM_PORT_LIVE, UUID));
    assert_int_equal(count(directory, LOOM_PORT_LIVE, NULL), 1);
    assert_int_equal(count(directory, LOOM_PORT_INTENT, UUID), 1);
    assert_no_error(error);
    remove_all(directory);
}

/* UUIDs and MACs come from guests' XML, and what is in /run may be damaged. */
static void
test_hostile_state(void **state G_GNUC_UNUSED)
{
    static const char *const names[] = {"", ".", "..", "../..", "/etc", "x", UUID "/..", UUID "x"};
    g_autofree char *directory = make_directory();
    g_autofree char *wrong = g_strconcat(directory, "/ports/" UUID "/52:54:00:8a:12:02.xml", NULL);
    g_autofree char *damaged =
        g_strconcat(directory, "/ports/" UUID "/52:54:00:8a:12:03.xml", NULL);
    g_autofree char *right = g_strconcat(directory, "/ports/" UUID "/" MAC ".xml", NULL);
    g_autoptr(LoomReport) report = loom_report_new();

    save(directory, LOOM_PORT_LIVE, UUID, MAC);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(loom_port_state_find(directory, LOOM_PORT_LIVE, names[i], MAC, &error));
        assert_null(loom_port_state_find(directory, LOOM_PORT_LIVE, UUID, names[i], &error));
        assert_no_error(error);
        assert_false(loom_port_state_has(directory, LOOM_PORT_LIVE, names[i]));
        assert_int_equal(count(directory, LOOM_PORT_LIVE, names[i]), 0);
        assert_false(loom_port_state_remove(directory, LOOM_PORT_LIVE, names[i], NULL, &error));
        g_clear_error(&error);
        assert_false(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, names[i], &error));
    }
    assert_int_equal(count(directory, LOOM_PORT_LIVE, UUID), 1);

    assert_int_equal(link(right, wrong), 0);
    assert_true(g_file_set_contents(damaged, "<host", -1, NULL));
    g_autoptr(GPtrArray) states = loom_port_state_list(directory, LOOM_PORT_LIVE, UUID, report);
    assert_int_equal(states->len, 1);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_WARNING), 2);
    remove_all(directory);
}

/* --- by link --------------------------------------------------------------------------------- */

static void
save_of(const char *directory, const char *mac, const char *link)
{
    g_autoptr(LoomHost) state = NULL;
    g_autoptr(GError) error = NULL;

    save(directory, LOOM_PORT_LIVE, UUID, mac);
    state = loom_port_state_find(directory, LOOM_PORT_LIVE, UUID, mac, &error);
    LOOM_SET(loom_port_state_port(state), link, link);
    assert_true(loom_port_state_save(directory, LOOM_PORT_LIVE, state, &error));
}

static void
add_seen(const LoomHost *state, gpointer seen)
{
    const LoomPort *port = loom_port_state_port(state);

    g_string_append_printf(seen, "%c=%s ", port->mac[strlen(port->mac) - 1], port->link);
}

/* Which ports are shown whose link is LINK (NULL: all), and with how many warnings. */
static void
check_visit(LoomPortIndex *index, const char *link, const char *wanted, size_t warnings)
{
    g_autoptr(GHashTable) links = link ? g_hash_table_new(g_str_hash, g_str_equal) : NULL;
    g_autoptr(GString) seen = g_string_new(NULL);
    g_autoptr(LoomReport) report = loom_report_new();

    if (links)
        g_hash_table_add(links, (gpointer)link);
    loom_port_index_visit(index, links, add_seen, seen, report);
    assert_string_equal(seen->str, wanted);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_WARNING), warnings);
}

/* What it remembers of a file holds as long as that is the same file, and no longer. */
static void
test_index(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autofree char *damaged =
        g_strconcat(directory, "/ports/" UUID "/52:54:00:8a:12:03.xml", NULL);
    g_autoptr(LoomPortIndex) index = loom_port_index_new(directory);
    g_autoptr(GError) error = NULL;

    check_visit(index, NULL, "", 0);
    save_of(directory, "52:54:00:8a:12:01", "vnet1");
    save_of(directory, "52:54:00:8a:12:02", "vnet2");
    check_visit(index, "vnet2", "2=vnet2 ", 0);
    check_visit(index, "vnet3", "", 0);
    check_visit(index, NULL, "1=vnet1 2=vnet2 ", 0);
    save_of(directory, "52:54:00:8a:12:02", "vnet3"); /* of the same length */
    check_visit(index, "vnet3", "2=vnet3 ", 0);
    check_visit(index, "vnet2", "", 0);
    assert_true(g_file_set_contents(damaged, "<host", -1, NULL));
    check_visit(index, "vnet1", "1=vnet1 ", 1);
    save_of(directory, "52:54:00:8a:12:03", "vnet1");
    check_visit(index, "vnet1", "1=vnet1 3=vnet1 ", 0);
    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, NULL, &error));
    check_visit(index, "vnet1", "", 0);
    save_of(directory, "52:54:00:8a:12:01", "vnet1");
    check_visit(index, "vnet1", "1=vnet1 ", 0);
    remove_all(directory);
}

/* --- locks ----------------------------------------------------------------------------------- */

static gboolean
is_locked(const char *directory, const char *bridge)
{
    g_autofree char *path = g_build_filename(directory, "locks", bridge, NULL);
    int fd = g_open(path, O_RDWR, 0);
    gboolean locked;

    assert_true(fd >= 0);
    locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
    close(fd);
    return locked;
}

static LoomPortLock *
lock(const char *directory, const char *first, const char *second, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    g_ptr_array_add(bridges, (gpointer)first);
    g_ptr_array_add(bridges, (gpointer)second);
    g_ptr_array_add(bridges, (gpointer)first);
    return loom_port_lock_take(directory, bridges, error);
}

/* Takes both locks so often, in that order of names, and writes a byte where nobody else may. */
static G_GNUC_NORETURN void
contend(const char *directory, const char *first, const char *second)
{
    g_autofree char *path = g_build_filename(directory, "shared", NULL);

    for (guint i = 0; i < 200; i++) {
        LoomPortLock *held = lock(directory, first, second, NULL);
        int fd = held ? g_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600) : -1;

        if (fd < 0)
            _exit(1);
        close(fd);
        g_unlink(path);
        loom_port_lock_release(held);
    }
    _exit(0);
}

static void
test_lock(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autoptr(GError) error = NULL;
    LoomPortLock *held = lock(directory, "sw1", "sw0", &error);
    pid_t children[4];

    assert_no_error(error);
    assert_true(is_locked(directory, "sw0") && is_locked(directory, "sw1"));
    loom_port_lock_release(held);
    assert_false(is_locked(directory, "sw0") || is_locked(directory, "sw1"));
    assert_null(lock(directory, "sw0", "../x", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    assert_false(is_locked(directory, "sw0"));

    for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
        children[i] = fork();
        if (!children[i])
            contend(directory, i % 2 ? "sw0" : "sw1", i % 2 ? "sw1" : "sw0");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(children); i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    remove_all(directory);
}

/* One at a time, without waiting; the locks that hooks take are others. */
static void
test_lock_of_plug(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autoptr(GError) error = NULL;
    LoomPortLock *held = loom_port_lock_try_plug(directory, "sw0", &error);
    LoomPortLock *other;

    assert_no_error(error);
    assert_null(loom_port_lock_try_plug(directory, "sw0", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_BUSY));
    g_clear_error(&error);
    other = loom_port_lock_try_plug(directory, "sw1", &error);
    assert_non_null(other);
    loom_port_lock_release(other);
    other = lock(directory, "sw0", "sw1", &error);
    assert_non_null(other);
    loom_port_lock_release(other);
    loom_port_lock_release(held);
    held = loom_port_lock_try_plug(directory, "sw0", &error);
    assert_non_null(held);
    loom_port_lock_release(held);
    assert_null(loom_port_lock_try_plug(directory, "../x", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    remove_all(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),       cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_teaming),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_in_kernel),     cmocka_unit_test(test_state),
        cmocka_unit_test(test_hostile_state), cmocka_unit_test(test_lock),
        cmocka_unit_test(test_index),         cmocka_unit_test(test_lock_of_plug),
    };

    return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
