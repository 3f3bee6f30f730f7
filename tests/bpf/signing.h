/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trailers behind advertisements (draft-cassen-vrrp-auth-hmac), signed by libsodium: nothing here
 * is shared with the dataplane.
 */
#ifndef VIPD_TESTS_BPF_SIGNING_H
#define VIPD_TESTS_BPF_SIGNING_H

#include "tests/bpf/adverts.h"

#define TRAILER_LENGTH 28

/* Where fields are, from the start of the trailer. */
#define TRAILER_TYPE     0
#define TRAILER_KEY_ID   1
#define TRAILER_RESERVED 2
#define TRAILER_SEQUENCE 4
#define TRAILER_HMAC     12

struct secret {
	uint8_t id;
	uint8_t bytes[64];
	size_t length;
};

/* Of 32 and of 64 bytes; the nodes of the tests have the first. */
extern const struct secret first_secret;
extern const struct secret second_secret;

/** set_secret() - let the dataplane have a key. */
void set_secret(const struct secret *secret);

/** ask_for_hmac() - modes as in maps/authentication.h; a window of 5 s; the first secret is set. */
void ask_for_hmac(enum authentication_mode mode, bool monotonic);

/** sequence_in() - the sequence of the time @milliseconds from now, counter 0. */
uint64_t sequence_in(int64_t milliseconds);

/** frame_sign() - append a trailer to a finished advertisement, and finish it anew. */
void frame_sign(struct frame *frame, const struct secret *secret, uint64_t sequence);

/** frame_sign_again() - make the HMAC right after a change; checksums are not touched. */
void frame_sign_again(struct frame *frame, const struct secret *secret);

/** frame_trailer() - its first byte. */
uint8_t *frame_trailer(struct frame *frame);

#endif
