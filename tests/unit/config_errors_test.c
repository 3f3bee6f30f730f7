// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a configuration: the line, the key and the words of each problem. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/config/config.h"
#include "ctl/config/load.h"

/* A good configuration in three lines. A case replaces some of them, or adds from line 4 on. */
#define INTERFACE "interface: eth0\n"
#define PEERS                                                                                      \
	"peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11', link_local6: 'fe80::11'}, " \
	"{name: n2, address: 10.77.0.12}]\n"
#define INSTANCES "instances: [{name: a, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101]}]\n"

/* Line 3, with a value or more keys of its own. */
#define A          "instances: [{name: a, "
#define VRID(vrid) .instances = A "priority: {n1: 1}, vips: [10.77.0.101], vrid: " vrid "}]\n"
#define PRIORITY(priority)                                                                         \
	.instances = A "vrid: 51, vips: [10.77.0.101], priority: " priority "}]\n"
#define VIPS(vips) .instances = A "vrid: 51, priority: {n1: 1}, vips: " vips "}]\n"
#define INSTANCE(keys)                                                                             \
	.instances = A "vrid: 51, priority: {n1: 1}, vips: [10.77.0.101], " keys "}]\n"

#define IPV6_ELECTION .instances = A "vrid: 51, priority: {n1: 1, n2: 2}, vips: ['fd77::101']}]\n"

/* Line 5, below an instance. */
#define SECOND(keys)                                                                               \
	.instances = "instances:\n"                                                                \
		     "- {name: a, vrid: 51, priority: {n1: 1}, vips: [10.77.0.101]}\n"             \
		     "- {" keys "}\n"

/* Line 2, with the keys of n2. */
#define N2(keys)                                                                                   \
	.peers = "peers: [{name: n1, address: 10.77.0.11, mac: 02:00:00:00:00:01}, {" keys "}]\n"

/* Line 4. */
#define SERVICE(keys)      .more = "services: [{name: web, ports: [80/tcp], " keys "}]\n"
#define PORTS(ports)       .more = "services: [{name: web, ports: " ports "}]\n"
#define CHECK(keys)        .more = "services: [{name: web, ports: [80/tcp], check: {" keys "}}]\n"
#define AUTH(keys)         .more = "vrrp: {auth: {" keys "}}\n"
#define INTERVAL(interval) .more = "vrrp: {advert_interval: " interval "}\n"

#define QUORUM(quorum) .more = "vrrp: {quorum: " quorum "}\n"

/* Line 2, in place of two. */
#define THREE_PEERS                                                                                \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}, "               \
	"{name: n3, address: 10.77.0.13}]\n"

struct error_case {
	unsigned int line;
	const char *path; /* NULL: none */
	const char *text; /* a part of the message */
	const char *more;
	const char *instances;
	const char *peers;
	const char *interface;
	const char *hostname; /* n1 */
};

static const struct error_case cases[] = {
	/* Keys */
	{4, NULL, "unknown key \"nodes\", did you mean node?", .more = "nodes: n1\n"},
	{4, NULL, "unknown key \"peer\", did you mean peers?", .more = "peer: n1\n"},
	{4, NULL, "unknown key \"vip\", did you mean", .more = "vip: n1\n"},
	{5, "vrrp", "unknown key \"vmac\", known here: version, advert_interval, ",
	 .more = "vrrp:\n  vmac: yes\n"},
	{4, NULL, "unknown key a list, known here: node, ", .more = "? [a, b]\n: c\n"},
	{4, NULL, "unknown key \"a\\x00b\\x0a\\x1b\", known here:", .more = "\"a\\0b\\n\\e\": c\n"},
	{4, NULL, "unknown key \"<<\"", .more = "<<: {vlan: 5}\n"},
	{5, "vlan", "given twice, first in line 4", .more = "vlan: 5\nvlan: 5\n"},
	{1, "interface", "missing: the network interface", .interface = "vlan: 5\n"},
	{1, "instances", "missing: ", .instances = "\n"},
	{3, "instances[0].vrid", "missing: the virtual router's number",
	 .instances = "instances: [{name: a, priority: {n1: 1}, vips: [10.77.0.101]}]\n"},
	{4, "services[0].check", "missing: what to check, one of http, https, tcp, tls and script",
	 CHECK("port: 80")},

	/* Types, and what YAML makes of a text */
	{4, "vlan", "a list is not a number from 1 to 4094", .more = "vlan: [5]\n"},
	{4, "vlan", "a mapping is not a number from 1 to 4094", .more = "vlan: {a: 5}\n"},
	{4, "vlan", "an empty value is not a number", .more = "vlan:\n"},
	{4, "vlan", "\"04000\" is not a number from 1 to 4094", .more = "vlan: 04000\n"},
	{4, "vlan", "\"0x10\" is not a number", .more = "vlan: 0x10\n"},
	{4, "vlan", "\"4095\" is not a number from 1 to 4094", .more = "vlan: 4095\n"},
	{4, "vlan", "\"-1\" is not a number", .more = "vlan: -1\n"},
	{4, "vlan", "\"18446744073709551617\" is not a number",
	 .more = "vlan: 18446744073709551617\n"},
	{4, "vlan", "\"1\\x000\" is not a number", .more = "vlan: !!str \"1\\00\"\n"},
	{4, "vlan", "has the tag \"tag:yaml.org,2002:int\", expected none",
	 .more = "vlan: !!int 5\n"},
	{4, "vlan", "has the tag \"!\\x0a\", expected none", .more = "vlan: !%0A 5\n"},
	{4, "vrrp", "an empty value is not a mapping of keys to values", .more = "vrrp:\n"},
	{4, "services", "\"none\" is not a list of services", .more = "services: none\n"},
	{4, "services[0]", "\"web\" is not a mapping", .more = "services: [web]\n"},
	{3, "instances[0].vrid", "\"300\" is not a number from 1 to 255", VRID("300")},
	{3, "instances[0].vrid", "\"51\" in quotes is a string, not a number", VRID("'51'")},
	{3, "instances[0].preempt", "\"1\" is not true or false", INSTANCE("preempt: 1")},
	{3, "instances[0].preempt", "\"yes\" in quotes is a string, not true or false",
	 INSTANCE("preempt: 'yes'")},
	{4, "node", "\"1\" is a number, boolean or null to YAML; in quotes", .more = "node: 1\n"},
	{4, "node", "\"010\" is a number, boolean or null", .more = "node: 010\n"},
	{4, "node", "\"1e3\" is a number, boolean or null", .more = "node: 1e3\n"},
	{4, "node", "\"no\" is a number, boolean or null", .more = "node: no\n"},
	{4, "node", "\"a b\" is not a name of 1 to 63", .more = "node: a b\n"},
	{4, "node", "\"\" is not a name", .more = "node: ''\n"},
	{4, "node",
	 "\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg\" is not a name",
	 .more = "node: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg\n"},
	{1, "interface", "\"0123456789abcdef\" is not the name of a network interface",
	 .interface = "interface: 0123456789abcdef\n"},
	{1, "interface", "\"a/b\" is not the name", .interface = "interface: a/b\n"},
	{4, "services[0].affinity", "\"Client\" is not connection or client",
	 SERVICE("affinity: Client")},
	{4, "services[0]", "an alias of what it is a part of", .more = "services: &a [*a]\n"},

	/* Durations */
	{4, "vrrp.advert_interval",
	 "\"100\" is not a duration from 10ms to 40.95s in steps of 10ms", INTERVAL("100")},
	{4, "vrrp.advert_interval", "\"105ms\" is not", INTERVAL("105ms")},
	{4, "vrrp.advert_interval", "\"9ms\" is not", INTERVAL("9ms")},
	{4, "vrrp.advert_interval", "\"40.96s\" is not", INTERVAL("40.96s")},
	{4, "vrrp.advert_interval", "\"1 s\" is not", INTERVAL("1 s")},
	{4, "vrrp.advert_interval", "\"01s\" is not", INTERVAL("01s")},
	{4, "vrrp.advert_interval", "\"1.s\" is not", INTERVAL("1.s")},
	{4, "vrrp.advert_interval", "\".5s\" is not", INTERVAL(".5s")},
	{4, "vrrp.advert_interval", "\"1d\" is not", INTERVAL("1d")},
	{4, "vrrp.advert_interval", "\"1s1s\" is not", INTERVAL("1s1s")},
	{4, "vrrp.advert_interval", "\"5124095576030431h\" is not", INTERVAL("5124095576030431h")},
	{4, "vrrp.handover_delay", "\"101ms\" is not a duration from 0ms to 100ms, with its unit",
	 .more = "vrrp: {handover_delay: 101ms}\n"},
	{3, "instances[0].preempt_delay", "\"1001s\" is not a duration from 0ms to 1000s",
	 INSTANCE("preempt_delay: 1001s")},

	/* Addresses */
	{3, "instances[0].vips[0]", "\"10.77.0.101/32\" is not an IPv4 or IPv6 address",
	 VIPS("[10.77.0.101/32]")},
	{3, "instances[0].vips[0]", "\"10.77.0.256\" is not", VIPS("[10.77.0.256]")},
	{3, "instances[0].vips[0]", "\"224.0.0.18\" is not", VIPS("[224.0.0.18]")},
	{3, "instances[0].vips[0]", "\"ff02::12\" is not", VIPS("['ff02::12']")},
	{3, "instances[0].vips[0]", "\"0.0.0.0\" is not", VIPS("[0.0.0.0]")},
	{3, "instances[0].vips[0]", "\"::\" is not", VIPS("['::']")},
	{3, "instances[0].vips[0]", "\"127.0.0.2\" is not", VIPS("[127.0.0.2]")},
	{3, "instances[0].vips[0]", "\"::1\" is not", VIPS("['::1']")},
	{3, "instances[0].vips[0]", "\"255.255.255.255\" is not", VIPS("[255.255.255.255]")},
	{3, "instances[0].vips[0]", "\"::ffff:10.0.0.1\" is not", VIPS("['::ffff:10.0.0.1']")},
	{3, "instances[0].vips[0]", "a list is not", VIPS("[[10.77.0.101]]")},
	{3, "instances[0].vips", "0 items, expected a list of addresses, 1 to 512", VIPS("[]")},
	{2, "peers[1].address", "\"fd77::12\" is not an IPv4 address",
	 N2("name: n2, address: 'fd77::12'")},
	{2, "peers[1].address6", "\"10.77.0.12\" is not an IPv6 address",
	 N2("name: n2, address6: 10.77.0.12")},
	{2, "peers[1].address6",
	 "\"fe80::12\" is not an IPv6 address of a host, without a prefix "
	 "length and not link-local",
	 N2("name: n2, address6: 'fe80::12'")},
	{2, "peers[1].link_local6", "\"fd77::12\" is not a link-local IPv6 address",
	 N2("name: n2, address: 10.77.0.12, link_local6: 'fd77::12'")},
	{2, "peers[1].mac", "\"03:00:00:00:00:01\" is not a unicast MAC",
	 N2("name: n2, address: 10.77.0.12, mac: 03:00:00:00:00:01")},
	{2, "peers[1].mac", "\"00:00:00:00:00:00\" is not a unicast MAC",
	 N2("name: n2, address: 10.77.0.12, mac: 00:00:00:00:00:00")},
	{2, "peers[1].mac", "\"02:00:00:00:00:-1\" is not a unicast MAC",
	 N2("name: n2, address: 10.77.0.12, mac: '02:00:00:00:00:-1'")},
	{4, "gateway", "two of IPv4, expected an address, or a list of at most one for each",
	 .more = "gateway: [10.77.0.1, 10.77.0.2]\n"},
	{4, "gateway", "3 items, expected an address, or a list",
	 .more = "gateway: [10.77.0.1, 'fd77::1', 'fd77::2']\n"},
	{4, "gateway", "a mapping is not an address, or a list",
	 .more = "gateway: {v4: 10.77.0.1}\n"},
	{5, "gateway[1]", "\"x\" is not an IPv4 or IPv6", .more = "gateway: [10.77.0.1,\n  x]\n"},

	/* Ports */
	{4, "services[0].ports[0]", "\"80\" is not a port from 1 to 65535 and its protocol",
	 PORTS("[80]")},
	{4, "services[0].ports[0]", "\"0/tcp\" is not", PORTS("[0/tcp]")},
	{4, "services[0].ports[0]", "\"65536/tcp\" is not", PORTS("[65536/tcp]")},
	{4, "services[0].ports[0]", "\"080/tcp\" is not", PORTS("[080/tcp]")},
	{4, "services[0].ports[0]", "\"80/sctp\" is not", PORTS("[80/sctp]")},
	{4, "services[0].ports", "\"80/tcp\" is not a list of ports", PORTS("80/tcp")},
	{4, "services[0].ports[1]", "80/tcp is already services[0].ports[0], in line 4",
	 PORTS("[80/tcp, 80/tcp]")},
	{4, "metrics.listen", "\"9650\" is not an address and a port",
	 .more = "metrics: {listen: 9650}\n"},
	{4, "metrics.listen", "\"::1:9650\" is not", .more = "metrics: {listen: '::1:9650'}\n"},
	{4, "metrics.listen", "\"[10.0.0.1]:1\" is not",
	 .more = "metrics: {listen: '[10.0.0.1]:1'}\n"},
	{4, "metrics.listen", "\"127.0.0.1:\" is not", .more = "metrics: {listen: '127.0.0.1:'}\n"},

	/* VRRP */
	{4, "vrrp.version", "\"4\" is not a number from 2 to 3", .more = "vrrp: {version: 4}\n"},
	/* Keys */
	{4, "vrrp.auth", "a list is not a mapping", .more = "vrrp: {auth: []}\n"},
	{4, "vrrp.auth.keys", "missing: the list of shared keys", AUTH("")},
	{4, "vrrp.auth.keys", "0 items, expected a list of keys, 1 to 255 of them",
	 AUTH("active_key: 1, keys: []")},
	{4, "vrrp.auth.active_key", "missing: the id of the key that signs",
	 AUTH("keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.active_key", "missing: the id of the key that signs",
	 AUTH("mode: permissive, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.active_key", "2 is not the id of one of the keys",
	 AUTH("active_key: 2, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.active_key", "2 is not the id of one of the keys",
	 AUTH("mode: receive-only, active_key: 2, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.active_key", "\"0\" is not a number from 1 to 255",
	 AUTH("active_key: 0, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.keys[0].id", "\"256\" is not a number from 1 to 255",
	 AUTH("active_key: 1, keys: [{id: 256, file: /k}]")},
	{4, "vrrp.auth.keys[0].id", "missing: the key's number",
	 AUTH("active_key: 1, keys: [{file: /k}]")},
	{4, "vrrp.auth.keys[0].file", "missing: the file that has the key",
	 AUTH("active_key: 1, keys: [{id: 1}]")},
	{4, "vrrp.auth.keys[0].file", "\"\" is not the path of a file",
	 AUTH("active_key: 1, keys: [{id: 1, file: ''}]")},
	{4, "vrrp.auth.keys[0]", "unknown key \"secret\", known here: id, file",
	 AUTH("active_key: 1, keys: [{id: 1, file: /k, secret: x}]")},
	{6, "vrrp.auth.keys[1].id", "1 is already vrrp.auth.keys[0].id, in line 5",
	 AUTH("active_key: 1, keys: [\n{id: 1, file: /k},\n{id: 1, file: /l}]")},
	{4, "vrrp.auth.mode", "\"off\" is not receive-only or permissive or enforce",
	 AUTH("mode: off, active_key: 1, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.anti_replay", "\"none\" is not time or monotonic",
	 AUTH("anti_replay: none, active_key: 1, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.window", "\"0\" is not a duration from 100ms to 1h",
	 AUTH("window: 0, active_key: 1, keys: [{id: 1, file: /k}]")},
	{4, "vrrp.auth.window", "can never act, because anti_replay is monotonic",
	 AUTH("anti_replay: monotonic, window: 5s, active_key: 1, keys: [{id: 1, file: /k}]")},

	/* VRRPv2 */
	{3, "instances[0].version", "\"1\" is not a number from 2 to 3", INSTANCE("version: 1")},
	{4, "vrrp.advert_interval", "a speaks VRRPv2, which knows whole seconds only",
	 .more = "vrrp: {version: 2, advert_interval: 1500ms}\n"},
	{4, "vrrp.advert_interval", "a speaks VRRPv2, which knows whole seconds only",
	 INTERVAL("100ms"), INSTANCE("version: 2")},
	{3, "instances[0].vips[1]", "an IPv6 address, but VRRPv2 is for IPv4 only",
	 VIPS("[10.77.0.101, 'fd77::101']"), .more = "vrrp: {version: 2}\n"},
	{3, "instances[0].authentication", "VRRPv3 has none of its own",
	 INSTANCE("authentication: {type: none}")},
	{3, "instances[0].authentication", "VRRPv3 has none of its own",
	 INSTANCE("version: 3, authentication: {type: pass, password: x}"),
	 .more = "vrrp: {version: 2}\n"},
	{3, "instances[0].authentication.type", "\"ah\" is not none or pass",
	 INSTANCE("version: 2, authentication: {type: ah}")},
	{3, "instances[0].authentication.type", "missing: none, or pass for a password",
	 INSTANCE("version: 2, authentication: {}")},
	{3, "instances[0].authentication", "neither of password and file, expected one",
	 INSTANCE("version: 2, authentication: {type: pass}")},
	{3, "instances[0].authentication", "both of password and file, expected one",
	 INSTANCE("version: 2, authentication: {type: pass, password: x, file: /p}")},
	{3, "instances[0].authentication.password", "can never act, because the type is not pass",
	 INSTANCE("version: 2, authentication: {type: none, password: x}")},
	{3, "instances[0].authentication.password",
	 "has 9 bytes, but VRRPv2 carries 8; keepalived truncates",
	 INSTANCE("version: 2, authentication: {type: pass, password: 123456789}")},
	{3, "instances[0].authentication.password", "expected a text of 1 to 8 bytes",
	 INSTANCE("version: 2, authentication: {type: pass, password: ''}")},

	{4, "vrrp.mode", "\"broadcast\" is not unicast or multicast",
	 .more = "vrrp: {mode: broadcast}\n"},
	{4, "vrrp.checksum", "\"none\" is not rfc9568 or pseudo-header",
	 .more = "vrrp: {checksum: none}\n"},

	/* Quorum */
	{4, "vrrp.quorum", "\"half\" is not none or majority", QUORUM("half")},
	{4, "vrrp.quorum", "a list is not none or majority", QUORUM("[majority]")},
	{4, "vrrp.quorum.policy", "missing: majority, or none", QUORUM("{vrid: 250}")},
	{4, "vrrp.quorum.vrid", "\"256\" is not a number from 1 to 255",
	 QUORUM("{policy: majority, vrid: 256}"), .peers = THREE_PEERS},
	{4, "vrrp.quorum", "of 2 peers a majority is all of them", QUORUM("majority")},
	{4, "vrrp.quorum.vrid",
	 "VRID 51 is that of instance a; give the nodes' standing one of its own",
	 QUORUM("{policy: majority, vrid: 51}"), .peers = THREE_PEERS},
	{4, "vrrp.quorum", "VRID 255 is that of instance a;", QUORUM("majority"), VRID("255"),
	 .peers = THREE_PEERS},
	{4, "vrrp.quorum", "n2 has no address6, but another peer has no address",
	 QUORUM("majority"),
	 .peers = "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		  "{name: n2, address: 10.77.0.12}, {name: n3, address6: 'fd77::13'}]\n"},
	{4, "vrrp.quorum", "n3 has no link_local6, which multicast over IPv6 is sent from",
	 .more = "vrrp: {mode: multicast, quorum: majority}\n",
	 .peers = "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11', "
		  "link_local6: 'fe80::11'}, "
		  "{name: n2, address6: 'fd77::12', link_local6: 'fe80::12'}, "
		  "{name: n3, address6: 'fd77::13'}]\n"},
	/* Standing */
	{3, "instances[0].vrid",
	 "VRID 255 is that of instance a; give the nodes' standing one of its", VRID("255")},
	{4, "vrrp.standing_vrid", "VRID 51 is that of instance a;",
	 .more = "vrrp: {standing_vrid: 51}\n"},
	{4, "vrrp.quorum.vrid", "is another name of vrrp.standing_vrid, and not the same number",
	 .more = "vrrp: {standing_vrid: 250, quorum: {policy: none, vrid: 251}}\n"},
	{4, "vrrp.standing_vrid", "\"0\" is not a number from 1 to 255",
	 .more = "vrrp: {standing_vrid: 0}\n"},
	{2, "peers[0].vipd", "is false, but this node is n1, and runs vipd",
	 .peers = "peers: [{name: n1, address: 10.77.0.11, vipd: false}, "
		  "{name: n2, address: 10.77.0.12}]\n"},
	{4, "services[0].backends", "n2 does not run vipd (peers[1].vipd is false)",
	 .more = "services: [{name: a, ports: [80/tcp], backends: [n1, n2]}]\n",
	 .peers = "peers: [{name: n1, address: 10.77.0.11}, "
		  "{name: n2, address: 10.77.0.12, vipd: false}]\n"},
	{2, "peers", "n2 has no address6, but another peer has no address",
	 .peers = "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		  "{name: n2, address: 10.77.0.12}, {name: n3, address6: 'fd77::13'}]\n"},
	{4, "routing_table", "\"0\" is not a number from 1 to 4294967295",
	 .more = "routing_table: 0\n"},
	{4, "routing_table", "254 is one of the kernel's own", .more = "routing_table: 254\n"},

	/* Nodes */
	{1, "node",
	 "\"n9\", the hostname, is not one of the peers n1, n2; set node:", .hostname = "n9"},
	{4, "node", "\"n9\" is not one of the peers n1, n2; set node:", .more = "node: n9\n"},
	{2, "peers[1]", "neither address nor address6", N2("name: n2")},
	{2, "peers[1].name", "n1 is already peers[0].name, in line 2",
	 N2("name: n1, address: 10.77.0.12")},
	{2, "peers[1].address", "10.77.0.11 is already peers[0].address, in line 2",
	 N2("name: n2, address: 10.77.0.11")},
	{2, "peers[1].mac", "02:00:00:00:00:01 is already peers[0].mac, in line 2",
	 N2("name: n2, address: 10.77.0.12, mac: 02:00:00:00:00:01")},
	{4, "gateway", "10.77.0.11 is already peers[0].address", .more = "gateway: 10.77.0.11\n"},
	{4, "vrrp.guard_interfaces[1]", "\"a/b\" is not the name of",
	 .more = "vrrp: {guard_interfaces: [a, a/b]}\n"},
	{4, "vrrp.guard_interfaces[2]", "a is already vrrp.guard_interfaces[0]",
	 .more = "vrrp: {guard_interfaces: [a, b, a]}\n"},
	{4, "vrrp.guard_interfaces[1]", "eth0 is guarded already",
	 .more = "vrrp: {guard_interfaces: [eth1, eth0]}\n"},
	{4, "drain_on_down[1]", "\"a/b\" is not the name of", .more = "drain_on_down: [a, a/b]\n"},
	{4, "drain_on_down[2]", "a is already drain_on_down[0]",
	 .more = "drain_on_down: [a, b, a]\n"},
	{4, "drain_on_down", "9 items, expected a list of network interfaces, 0 to 8 of them",
	 .more = "drain_on_down: [a, b, c, d, e, f, g, h, i]\n"},

	/* Instances */
	{3, "instances[0].priority", "\"150\" is not a priority for each node that takes part",
	 PRIORITY("150")},
	{3, "instances[0].priority", "a mapping is not a priority for each node", PRIORITY("{}")},
	{3, "instances[0].priority", "\"n9\" is not one of the peers n1, n2", PRIORITY("{n9: 5}")},
	{3, "instances[0].priority.n1",
	 "\"0\" is not a number from 1 to 255; a node that takes no part is left out",
	 PRIORITY("{n1: 0}")},
	/* One of the two may be the n2 that is meant elsewhere. */
	{2, "peers[1].name", "n1 is already peers[0].name, in line 2", PRIORITY("{n1: 2, n2: 1}"),
	 .peers = "peers: [{name: n1, address: 10.77.0.11}, {name: n1, address: 10.77.0.12}]\n",
	 .more = "services: [{name: s, ports: [80/tcp], backends: [n1, n2]}]\n"},
	{3, "instances[0].priority", "n1 is given twice", PRIORITY("{n1: 5, n1: 6}")},
	{3, "instances[0].preempt_delay", "can never act, because preempt is false",
	 INSTANCE("preempt: false, preempt_delay: 1s")},
	{5, "instances[1].name", "a is already instances[0].name, in line 4",
	 SECOND("name: a, vrid: 52, priority: {n1: 1}, vips: [10.77.0.102]")},
	{5, "instances[1].vrid", "51 is already instances[0].vrid, in line 4",
	 SECOND("name: b, vrid: 51, priority: {n1: 1}, vips: [10.77.0.102]")},
	{5, "instances[1].vips[0]", "10.77.0.101 is already instances[0].vips[0], in line 4",
	 SECOND("name: b, vrid: 52, priority: {n1: 1}, vips: [10.77.0.101]")},
	{3, "instances[0].vips[1]", "10.77.0.101 is already instances[0].vips[0]",
	 VIPS("[10.77.0.101, 10.77.0.101]")},
	{3, "instances[0].vips[0]", "10.77.0.12 is already peers[1].address, in line 2",
	 VIPS("[10.77.0.12]")},
	{3, "instances[0].vips[0]", "10.77.0.1 is already gateway, in line 4",
	 .more = "gateway: 10.77.0.1\n", VIPS("[10.77.0.1]")},
	{3, "instances[0].priority.n2",
	 "n2 has no address6, but the election of this instance is over IPv6", IPV6_ELECTION},
	{3, "instances[0].priority.n2", "n2 has no link_local6",
	 .more = "vrrp: {mode: multicast}\n", IPV6_ELECTION,
	 .peers = "peers: [{name: n1, address6: 'fd77::11', link_local6: 'fe80::11'}, "
		  "{name: n2, address6: 'fd77::12'}]\n"},

	/* Services */
	{5, "services[1].name", "web is already services[0].name, in line 4",
	 .more = "services: [{name: web, ports: [80/tcp]},\n  {name: web, ports: [81/tcp]}]\n"},
	{4, "services[0].vips[0]", "10.77.0.102 is not a VIP of any instance",
	 SERVICE("vips: [10.77.0.102]")},
	{4, "services[0].vips[1]", "10.77.0.101 is already services[0].vips[0]",
	 SERVICE("vips: [10.77.0.101, 10.77.0.101]")},
	{4, "services[0].vips", "\"All\" is not all, or a list of addresses", SERVICE("vips: All")},
	{5, "services[1].ports[1]",
	 "80/tcp of 10.77.0.101 is already services[0].ports[0], in line 4",
	 .more = "services: [{name: web, ports: [80/tcp]},\n"
		 "  {name: api, vips: [10.77.0.101], ports: [80/udp, 80/tcp]}]\n"},
	{4, "services[0].backends[0]", "\"n9\" is not one of the peers n1, n2",
	 SERVICE("backends: [n9]")},
	{4, "services[0].backends[1]", "n1 is already services[0].backends[0]",
	 SERVICE("backends: [n1, {node: n1, weight: 2}]")},
	{4, "services[0].backends[0].weight", "\"101\" is not a number from 1 to 100",
	 SERVICE("backends: [{node: n1, weight: 101}]")},
	{4, "services[0].backends[0].node", "missing", SERVICE("backends: [{weight: 1}]")},
	{4, "services[0].backends", "0 items, expected a list of nodes", SERVICE("backends: []")},
	{4, "services[0].panic_threshold", "\"101\" is not a percentage from 0% to 100%",
	 SERVICE("panic_threshold: 101")},
	{4, "services[0].panic_threshold", "\"5 %\" is not a percentage",
	 SERVICE("panic_threshold: 5 %")},
	{4, "services[0].check", "\"tcp\" is not a mapping", SERVICE("check: tcp")},
	{4, "services[0].check.http", "\"healthz\" is not a path", CHECK("http: healthz")},
	{4, "services[0].check.tls", "a check is of one kind, and this one has http",
	 CHECK("tls: true, http: /")},
	{4, "services[0].check.tcp", "\"no\" is not true", CHECK("tcp: no")},
	{4, "services[0].check.script", "\"check.sh\" is not the absolute path of a program",
	 CHECK("script: check.sh")},
	{4, "services[0].check.host", "\"www.example.com:80\" is not a host name",
	 CHECK("http: /, host: 'www.example.com:80'")},
	{4, "services[0].check.host", "\"-a.example\" is not a host name",
	 CHECK("http: /, host: -a.example")},
	{4, "services[0].check.host", "\"a..example\" is not a host name",
	 CHECK("http: /, host: a..example")},
	{4, "services[0].check.host", "is for a check by http, https or tls, not by tcp",
	 CHECK("tcp: true, host: www.example.com")},
	{4, "services[0].check.expect_status[0]", "\"99\" is not an HTTP status from 100 to 599",
	 CHECK("http: /, expect_status: [99]")},
	{4, "services[0].check.expect_status[1]", "\"200-2000\" is not an HTTP status",
	 CHECK("http: /, expect_status: [200, 200-2000]")},
	{4, "services[0].check.expect_status[0]", "\"300-200\" is not an HTTP status",
	 CHECK("http: /, expect_status: [300-200]")},
	{4, "services[0].check.expect_status[0]", "\"200-\" is not an HTTP status",
	 CHECK("http: /, expect_status: [200-]")},
	{4, "services[0].check.expect_status", "is for a check by http or https, not by tls",
	 CHECK("tls: true, expect_status: [200]")},
	{4, "services[0].check.expect_body", "\"ok\\x0a\" is not a text of 1 to 255 bytes",
	 CHECK("http: /, expect_body: \"ok\\n\"")},
	{4, "services[0].check.verify", "is for a check by https or tls, not by http",
	 CHECK("http: /, verify: true")},
	{4, "services[0].check.user", "is for a check by script, not by http",
	 CHECK("http: /, user: www")},
	{4, "services[0].check.user", "root is not allowed to run scripts",
	 CHECK("script: /bin/true, user: root")},
	{4, "services[0].check.jitter", "\"51%\" is not a percentage from 0% to 50%",
	 CHECK("http: /, jitter: 51%")},
	{4, "services[0].check.timeout", "longer than the interval between checks",
	 CHECK("http: /, interval: 1s, timeout: 2s")},
	{4, "services[0].check.families", "\"ipv5\" is not vips or both or ipv4 or ipv6",
	 CHECK("http: /, families: ipv5")},
	{4, "services[0].check.families", "the backend n2 has no IPv6 address",
	 CHECK("http: /, families: ipv6")},
	{4, "services[0].check.families", "the backend n2 has no IPv4 address",
	 .peers = "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		  "{name: n2, address6: 'fd77::12'}]\n",
	 CHECK("http: /, families: ipv4")},
	{4, "services[0].check.families", "the service has no IPv6 VIP to ask",
	 .peers = "peers: [{name: n1, address: 10.77.0.11, address6: 'fd77::11'}, "
		  "{name: n2, address: 10.77.0.12, address6: 'fd77::12'}]\n",
	 CHECK("http: /, families: ipv6, to: vip")},
	{4, "services[0].check.to", "\"vips\" is not address or vip", CHECK("http: /, to: vips")},
	{4, "services[0].check.port", "not together with every_port",
	 CHECK("tcp: true, port: 80, every_port: true")},
	{4, "services[0].check.every_port", "is for a check by http, https, tcp or tls, not by",
	 CHECK("script: /bin/true, every_port: true")},
	{4, "services[0].check.every_port", "the service has no TCP port to ask",
	 .more = "services: [{name: web, ports: [53/udp], check: {tcp: true, every_port: "
		 "true}}]\n"},
	{4, "trackers[0]", "unknown key \"every_port\"",
	 .more = "trackers: [{name: t, http: /, every_port: true}]\n"},
	{4, "services[0].check.fall", "\"0\" is not a number from 1 to 100",
	 CHECK("http: /, fall: 0")},
};

/* Parse what must fail; the result is the report, to be freed. */
static char *report_of(const char *text, size_t length, const char *hostname)
{
	const struct config *untouched = (const struct config *)&cases;
	const struct config *config = untouched;
	char *report = NULL;
	size_t size;
	FILE *stream = open_memstream(&report, &size);
	int error = config_parse("test.yaml", text, length, hostname, stream, &config);

	fclose(stream);
	if (error != -EINVAL || config != untouched)
		fail_msg("returned %d for: %s", error, text);
	return report;
}

static const char * or (const char *text, const char *instead)
{
	return text ? text : instead;
}

static void each_problem(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct error_case *this = &cases[i];
		char text[2048], prefix[128];
		char *report, *end;

		snprintf(text, sizeof(text), "%s%s%s%s", or (this->interface, INTERFACE),
			 or (this->peers, PEERS), or (this->instances, INSTANCES),
			 or (this->more, ""));
		snprintf(prefix, sizeof(prefix), "test.yaml:%u: %s%s", this->line,
			 or (this->path, ""), this->path ? ": " : "");
		report = report_of(text, strlen(text), or (this->hostname, "n1"));
		end = strchr(report, '\n');
		if (!end || end[1] || strncmp(report, prefix, strlen(prefix)) != 0 ||
		    strncmp(report + strlen(prefix), this->text, strlen(this->text)) != 0)
			fail_msg("expected: %s%s\n got: %s for: %s", prefix, this->text, report,
				 text);
		free(report);
	}
}

static void assert_report(const char *text, size_t length, const char *expected)
{
	char *report = report_of(text, length, "n1");

	if (strncmp(report, expected, strlen(expected)) != 0)
		fail_msg("expected: %s\n got: %s", expected, report);
	free(report);
}

#define ASSERT_REPORT(text, expected) assert_report(text, sizeof(text) - 1, expected)

static void what_is_no_document(void **state)
{
	(void)state;
	ASSERT_REPORT("", "test.yaml: empty, a configuration was expected\n");
	ASSERT_REPORT("# nothing\n", "test.yaml: empty, a configuration was expected\n");
	ASSERT_REPORT("---\n", "test.yaml:2: an empty value is not a mapping of keys to values\n");
	ASSERT_REPORT("- a\n", "test.yaml:1: a list is not a mapping of keys to values\n");
	ASSERT_REPORT("a: 1\n---\nb: 2\n", "test.yaml:2: a second document begins here");
	ASSERT_REPORT("a: 1\n---\nb: [\n", "test.yaml:4: did not find");
	ASSERT_REPORT(
		"a: 1\nb: [1, 2\nc: 3\n",
		"test.yaml:3: did not find expected ',' or ']', while parsing a flow sequence "
		"in line 2\n");
	ASSERT_REPORT("a: 1\n\tb: 2\n",
		      "test.yaml:2: found a tab character that violates indentation");
	ASSERT_REPORT("a: *b\n", "test.yaml:1: found undefined alias");
	ASSERT_REPORT("a: 1\nb: \0\n", "test.yaml:2: control characters are not allowed\n");
	ASSERT_REPORT("a: 1\nb: \xff\n", "test.yaml:2: invalid leading UTF-8 octet\n");
}

/* All are told, in the order of the file. */
static void several_problems(void **state)
{
	(void)state;
	ASSERT_REPORT(
		INTERFACE "services: [{name: web, ports: [0/tcp, 1/tcp, 1/tcp]}]\n"
			  "vrrp: {mode: x,\n  version: 4}\n" PEERS A
			  "vrid: 0, priority: {n1: 1}, vips: [10.77.0.1]}]\n",
		"test.yaml:2: services[0].ports[0]: \"0/tcp\" is not a port from 1 to 65535 "
		"and its protocol, such as 443/tcp or 443/udp\n"
		"test.yaml:2: services[0].ports[2]: 1/tcp is already services[0].ports[1], in "
		"line 2\n"
		"test.yaml:3: vrrp.mode: \"x\" is not unicast or multicast\n"
		"test.yaml:4: vrrp.version: \"4\" is not a number from 2 to 3\n"
		"test.yaml:6: instances[0].vrid: \"0\" is not a number from 1 to 255\n");
}

/* A peer whose name could not be read may be the one that is meant. */
static void a_bad_name_is_one_problem(void **state)
{
	char *report = report_of(INTERFACE "peers: [{name: 1, address: 10.77.0.11}]\n" INSTANCES,
				 strlen(INTERFACE INSTANCES) + 40, "n1");

	(void)state;
	assert_non_null(strstr(report, "peers[0].name: \"1\" is a number"));
	assert_string_equal(strchr(report, '\n'), "\n");
	free(report);
}

static void write_instance(FILE *stream, unsigned int index, unsigned int count, bool ipv6)
{
	fprintf(stream, "- {name: i%u, vrid: %u, priority: {n1: 1}, vips: [", index, index + 1);
	for (unsigned int i = 0; i < count; i++)
		if (ipv6)
			fprintf(stream, "'fd01::%x:%x', ", index, i);
		else
			fprintf(stream, "10.%u.%u.%u, ", index + 1, i / 250, i % 250);
	fprintf(stream, "]}\n");
}

/* Instances of so many VIPs each; the report is "" when all is well. */
static void assert_vip_counts(const unsigned int *counts, bool ipv6, const char *expected)
{
	char *text = NULL, *report = NULL;
	size_t length, size;
	FILE *stream = open_memstream(&text, &length);
	FILE *reports = open_memstream(&report, &size);
	const struct config *config = NULL;

	fprintf(stream, INTERFACE PEERS "instances:\n");
	for (unsigned int i = 0; counts[i]; i++)
		write_instance(stream, i, counts[i], ipv6);
	fclose(stream);
	config_parse("test.yaml", text, length, "n1", reports, &config);
	fclose(reports);
	assert_string_equal(report, expected);
	assert_int_equal(config != NULL, !*expected);
	config_unref(config);
	free(report);
	free(text);
}

static void how_many_vips_there_can_be(void **state)
{
	(void)state;
	assert_vip_counts((unsigned int[]){255, 0}, false, "");
	assert_vip_counts((unsigned int[]){256, 0}, false,
			  "test.yaml:4: instances[0].vips: 256 IPv4 addresses do not fit an "
			  "advertisement, expected 255 at most\n");
	assert_vip_counts((unsigned int[]){84, 0}, true, "");
	assert_vip_counts((unsigned int[]){85, 0}, true,
			  "test.yaml:4: instances[0].vips: 85 IPv6 addresses do not fit an "
			  "advertisement, expected 84 at most\n");
	assert_vip_counts((unsigned int[]){255, 255, 2, 0}, false, "");
	assert_vip_counts((unsigned int[]){255, 255, 3, 0}, false,
			  "test.yaml:4: instances: 513 VIPs, expected 512 at most\n");
}

/* More than anybody reads: counted, not kept. */
static void a_flood_of_problems(void **state)
{
	char *text = NULL, *report;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	(void)state;
	fputs(INTERFACE PEERS INSTANCES, stream);
	for (int i = 0; i < 3000; i++)
		fputs("nonsense: 1\n", stream);
	fclose(stream);
	report = report_of(text, length, "n1");
	assert_non_null(strstr(report, "test.yaml:1003: unknown key \"nonsense\""));
	assert_non_null(strstr(report, "\ntest.yaml: and 2000 problems more\n"));
	free(report);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_problem),
		cmocka_unit_test(what_is_no_document),
		cmocka_unit_test(several_problems),
		cmocka_unit_test(a_bad_name_is_one_problem),
		cmocka_unit_test(how_many_vips_there_can_be),
		cmocka_unit_test(a_flood_of_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
