/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How memory is allocated and locked. The VRRP thread has no time for a page fault while the
 * disk is busy. What only health checks and the control socket need may be paged.
 */
#ifndef VIPD_BASE_MEMORY_H
#define VIPD_BASE_MEMORY_H

/**
 * memory_limit() - let all threads share one heap, which gives back what is freed
 *
 * This must come before the first thread starts.
 *
 * The library gives each thread that allocates 64 MB of addresses, which locking would count in
 * full. The VRRP thread allocates in its first turn only.
 */
void memory_limit(void);

/**
 * memory_lock() - keep in memory what the VRRP thread runs on, now and later
 *
 * Pages are locked when they are first touched. A failure is logged.
 */
void memory_lock(void);

#endif
