/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trailer that proves who sent an advertisement (draft-cassen-vrrp-auth-hmac): its sequence and
 * its HMAC. Pure: the key's state, the time and the last sequence are arguments.
 */
#ifndef VIPD_VRRP_TRAILER_H
#define VIPD_VRRP_TRAILER_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

#define TRAILER_LENGTH 28

/**
 * trailer_clock() - a time as a sequence: 32 bits of seconds, 16 of their fraction, counter 0
 * @wall: ns since the Unix epoch.
 */
uint64_t trailer_clock(uint64_t wall);

/**
 * trailer_next_sequence() - the sequence for an advertisement that is sent now
 * @last: the one before; 0: there was none.
 * @wall: ns since the Unix epoch.
 * @lead: how far ahead of the clock a sequence may be, ns; NEVER: without limit.
 *
 * The clock, or @last plus 1 when the clock has not moved on or was set back. A clock that was set
 * back by more than @lead is followed: nobody would accept a sequence that far ahead of it.
 */
uint64_t trailer_next_sequence(uint64_t last, uint64_t wall, uint64_t lead);

/**
 * trailer_append() - write the trailer behind a message
 * @message: encoded, with room for TRAILER_LENGTH behind its @length; its checksum does not matter.
 * @source: of the packet. The destination is not signed, so the result is good for every peer.
 * @key: as crypto_auth_hmacsha256_init() left it.
 */
void trailer_append(uint8_t *message, size_t length, const struct ip_address *source,
		    uint8_t key_id, const crypto_auth_hmacsha256_state *key, uint64_t sequence);

#endif
