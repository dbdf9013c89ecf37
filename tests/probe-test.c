/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/packet and what of apply/probe asks nobody: questions octet by octet, and hostile answers.
 */
#include "test.h"

#include "apply/packet.h"
#include "apply/probe.h"
#include "base/error.h"

#include <string.h>

static const guint8 our_mac[LOOM_PACKET_MAC] = {0x02, 0, 0, 0, 0, 0x0a};

/* Octets from hexadecimal text; blanks are for readers. */
static GByteArray *
octets(const char *text)
{
    GByteArray *bytes = g_byte_array_new();

    for (; *text; text++) {
        guint8 byte = g_ascii_xdigit_value(text[0]) << 4;

        if (*text == ' ')
            continue;
        byte |= g_ascii_xdigit_value(*++text);
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

static void
assert_octets(const LoomPacket *packet, const char *text)
{
    g_autoptr(GByteArray) wanted = octets(text);

    assert_int_equal(packet->length, wanted->len);
    assert_memory_equal(packet->bytes, wanted->data, wanted->len);
}

/* --- ARP ------------------------------------------------------------------------------------- */

static LoomPacket
arp(void)
{
    LoomInet source = loom_inet_parse("192.0.2.10"), target = loom_inet_parse("192.0.2.1");

    return loom_packet_arp(our_mac, &source, &target);
}

static void
test_arp_question(void **state G_GNUC_UNUSED)
{
    LoomPacket question = arp();

    assert_octets(&question, "0001 0800 06 04 0001 02000000000a c000020a 000000000000 c0000201");
}

static void
test_arp_answer(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text;
        gboolean is_answer;
    } cases[] = {
        {"0001 0800 06 04 0002 020000000001 c0000201 02000000000a c000020a", TRUE},
        /* padded to the least frame of Ethernet */
        {"0001 0800 06 04 0002 020000000001 c0000201 02000000000a c000020a 0000000000000000", TRUE},
        /* one octet short; nothing */
        {"0001 0800 06 04 0002 020000000001 c0000201 02000000000a c00002", FALSE},
        {"", FALSE},
        /* a question */
        {"0001 0800 06 04 0001 020000000001 c0000201 02000000000a c000020a", FALSE},
        /* other hardware, protocol, lengths */
        {"0006 0800 06 04 0002 020000000001 c0000201 02000000000a c000020a", FALSE},
        {"0001 86dd 06 04 0002 020000000001 c0000201 02000000000a c000020a", FALSE},
        {"0001 0800 08 04 0002 020000000001 c0000201 02000000000a c000020a", FALSE},
        {"0001 0800 06 10 0002 020000000001 c0000201 02000000000a c000020a", FALSE},
        /* for another address; from another; to another station */
        {"0001 0800 06 04 0002 020000000001 c0000202 02000000000a c000020a", FALSE},
        {"0001 0800 06 04 0002 020000000001 c0000201 02000000000a c000020b", FALSE},
        {"0001 0800 06 04 0002 020000000001 c0000201 02000000000b c000020a", FALSE},
        /* gratuitous */
        {"0001 0800 06 04 0002 020000000001 c0000201 ffffffffffff c0000201", FALSE},
        /* nobody's MAC address, everybody's, a group's, our own */
        {"0001 0800 06 04 0002 000000000000 c0000201 02000000000a c000020a", FALSE},
        {"0001 0800 06 04 0002 ffffffffffff c0000201 02000000000a c000020a", FALSE},
        {"0001 0800 06 04 0002 01005e000001 c0000201 02000000000a c000020a", FALSE},
        {"0001 0800 06 04 0002 02000000000a c0000201 02000000000a c000020a", FALSE},
    };
    LoomPacket question = arp();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) bytes = octets(cases[i].text);

        if (loom_packet_answers_arp(&question, bytes->data, bytes->len) != cases[i].is_answer)
            fail_msg("%s is %staken for an answer", cases[i].text,
                     cases[i].is_answer ? "not " : "");
    }
}

/* --- neighbour discovery --------------------------------------------------------------------- */

#define TARGET "20010db8000100000000000000abcdef"
#define OTHER  "20010db8000100000000000000abcdee"

static LoomPacket
solicitation(void)
{
    LoomInet target = loom_inet_parse("2001:db8:1::ab:cdef");

    return loom_packet_solicitation(our_mac, &target);
}

static void
test_solicitation(void **state G_GNUC_UNUSED)
{
    LoomInet target = loom_inet_parse("2001:db8:1::ab:cdef");
    LoomInet group = loom_packet_solicited_node(&target);
    g_autofree char *text = loom_inet_format(&group);
    LoomPacket question = solicitation();

    assert_string_equal(text, "ff02::1:ffab:cdef");
    assert_octets(&question, "87 00 0000 00000000" TARGET "01 01 02000000000a");
}

static void
test_advertisement(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text;
        int hops;
        gboolean is_answer;
    } cases[] = {
        {"88 00 1234 60000000" TARGET "02 01 020000000001", 255, TRUE},
        {"88 00 1234 40000000" TARGET, 255, TRUE},
        /* a router forwarded it, or nobody knows */
        {"88 00 1234 60000000" TARGET "02 01 020000000001", 254, FALSE},
        {"88 00 1234 60000000" TARGET "02 01 020000000001", -1, FALSE},
        /* short; nothing */
        {"88 00 1234 60000000 20010db8000100000000000000abcd", 255, FALSE},
        {"", 255, FALSE},
        /* nobody asked; another target; a solicitation; a code */
        {"88 00 1234 20000000" TARGET "02 01 020000000001", 255, FALSE},
        {"88 00 1234 60000000" OTHER "02 01 020000000001", 255, FALSE},
        {"87 00 1234 60000000" TARGET "02 01 020000000001", 255, FALSE},
        {"88 01 1234 60000000" TARGET "02 01 020000000001", 255, FALSE},
        /* options: of no length, longer than the packet, cut off */
        {"88 00 1234 60000000" TARGET "02 00 020000000001", 255, FALSE},
        {"88 00 1234 60000000" TARGET "02 02 020000000001", 255, FALSE},
        {"88 00 1234 60000000" TARGET "02 01 0200", 255, FALSE},
        {"88 00 1234 60000000" TARGET "02 01 020000000001 0e", 255, FALSE},
    };
    LoomPacket question = solicitation();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) bytes = octets(cases[i].text);

        if (loom_packet_answers_solicitation(&question, bytes->data, bytes->len, cases[i].hops) !=
            cases[i].is_answer)
            fail_msg("case %zu, %s with hop limit %d, is %staken for an answer", i, cases[i].text,
                     cases[i].hops, cases[i].is_answer ? "not " : "");
    }
}

/* --- echo ------------------------------------------------------------------------------------ */

#define NONCE "000102030405060708090a0b0c0d0e0f"
#define IP                                                                                         \
    "45000028000000004001000000000000"                                                             \
    "00000000"

static LoomPacket
echo(GSocketFamily family)
{
    guint8 nonce[LOOM_PACKET_NONCE];

    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = i;
    return loom_packet_echo(family, nonce);
}

static void
test_echo_question(void **state G_GNUC_UNUSED)
{
    LoomPacket question = echo(G_SOCKET_FAMILY_IPV4);

    assert_octets(&question, "08 00 bfbf" NONCE);
    question = echo(G_SOCKET_FAMILY_IPV6);
    assert_octets(&question, "80 00 0000" NONCE);
}

static void
test_echo_answer(void **state G_GNUC_UNUSED)
{
    static const struct {
        GSocketFamily family;
        const char *text;
        gboolean is_answer;
    } cases[] = {
        {G_SOCKET_FAMILY_IPV4, IP "00 00 0000" NONCE, TRUE},
        /* with an IP option */
        {G_SOCKET_FAMILY_IPV4,
         "46"
         "00002c000000004001000000000000"
         "00000000"
         "01010101"
         "00 00 0000" NONCE,
         TRUE},
        {G_SOCKET_FAMILY_IPV6, "81 00 0000" NONCE, TRUE},
        /* nothing; headers that are longer than what came, shorter than a header, not IPv4's */
        {G_SOCKET_FAMILY_IPV4, "", FALSE},
        {G_SOCKET_FAMILY_IPV4, "4f", FALSE},
        {G_SOCKET_FAMILY_IPV4, "40 00 0000" NONCE, FALSE},
        {G_SOCKET_FAMILY_IPV4,
         "65000028000000004001000000000000"
         "00000000"
         "00 00 0000" NONCE,
         FALSE},
        {G_SOCKET_FAMILY_IPV4, IP, FALSE},
        /* the question itself; a message about it; another's; less, more */
        {G_SOCKET_FAMILY_IPV4, IP "08 00 0000" NONCE, FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "03 01 0000" NONCE, FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "00 01 0000" NONCE, FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "00 00 0000 100102030405060708090a0b0c0d0e0f", FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "00 00 0000 000102030405060708090a0b0c0d0e0e", FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "00 00 0000 000102030405060708090a0b0c0d0e", FALSE},
        {G_SOCKET_FAMILY_IPV4, IP "00 00 0000" NONCE "00", FALSE},
        {G_SOCKET_FAMILY_IPV6, "", FALSE},
        {G_SOCKET_FAMILY_IPV6, "80 00 0000" NONCE, FALSE},
        {G_SOCKET_FAMILY_IPV6, "00 00 0000" NONCE, FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LoomPacket question = echo(cases[i].family);
        g_autoptr(GByteArray) bytes = octets(cases[i].text);

        if (loom_packet_answers_echo(&question, cases[i].family, bytes->data, bytes->len) !=
            cases[i].is_answer)
            fail_msg("case %zu, %s, is %staken for an answer", i, cases[i].text,
                     cases[i].is_answer ? "not " : "");
    }
}

/* --- settling -------------------------------------------------------------------------------- */

static guint
settle_of(const char *probe, const char *stp, const char *mode)
{
    g_autofree char *text =
        g_strdup_printf("<host name='h'>"
                        "<link name='eth0' kind='physical' master='swup'/>"
                        "<link name='swup' kind='bond' master='sw' mode='%s'/>"
                        "<link name='sw' kind='bridge' stp='%s'/>"
                        "<link name='mgmt0.p' kind='veth' master='sw' peer='mgmt0'/>"
                        "<link name='mgmt0' kind='veth' peer='mgmt0.p'/>"
                        "<link name='guests' kind='bridge' stp='no'/>"
                        "<link name='other' kind='veth' peer='other.p'/>"
                        "<link name='other.p' kind='veth' peer='other' master='guests'/>"
                        "<probe target='192.0.2.1' %s/></host>",
                        mode, stp, probe);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_host_parse(text, strlen(text), "host", &error);

    assert_no_error(error);
    return loom_probe_get_settle(host->probes->pdata[0], host);
}

static void
test_settle(void **state G_GNUC_UNUSED)
{
    assert_int_equal(settle_of("link='mgmt0'", "no", "active-backup"), 10);
    assert_int_equal(settle_of("link='mgmt0'", "yes", "active-backup"), 40);
    assert_int_equal(settle_of("link='mgmt0'", "no", "802.3ad"), 40);
    assert_int_equal(settle_of("link='mgmt0'", "yes", "802.3ad"), 70);
    assert_int_equal(settle_of("", "yes", "802.3ad"), 70); /* any way may be its own */
    assert_int_equal(settle_of("link='other'", "yes", "802.3ad"), 10);
    assert_int_equal(settle_of("link='eth0'", "no", "802.3ad"), 40);
    assert_int_equal(settle_of("link='gone'", "yes", "802.3ad"), 10);
    assert_int_equal(settle_of("link='mgmt0' settle='3'", "yes", "802.3ad"), 3);
    assert_int_equal(settle_of("link='mgmt0' settle='0'", "yes", "802.3ad"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arp_question),  cmocka_unit_test(test_arp_answer),
        cmocka_unit_test(test_solicitation),  cmocka_unit_test(test_advertisement),
        cmocka_unit_test(test_echo_question), cmocka_unit_test(test_echo_answer),
        cmocka_unit_test(test_settle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
