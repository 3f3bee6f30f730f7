// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standing: what each node tells the others that it is good for, and how a node leaves. A tick is an
 * interval of standing; within it every node speaks once, to each of the others, and any message may
 * be lost, though never more than MISSES in a row on one way. Nodes leave, lose their power, lose
 * their controller and come back at any time, EVENTS times in all.
 *
 * A node has a dataplane, which keeps the last words of each other one and says when they are news,
 * and a controller, which looks at news and at silence, and at nothing else. New connections go to
 * nodes that are taken for GOOD.
 *
 * Claims: who has gone is taken for GOOD by nobody; who has no power, by nobody for longer than the
 * window; and who serves is taken for GOOD by everybody as soon as it can have been heard.
 *
 * -D BOUND=0            a leaving node waits for nobody
 * -D SILENCE_ANSWERS    it does not wait for those that it does not hear
 * -D OLD_ANSWERS        it believes what they said before it began to leave
 * -D SAME_WORDS_ARE_OLD the words of a node that was silent are no news when they are the same
 * -D KEEP_SILENCE       a controller that starts believes what the one before it believed
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef MISSES
#define MISSES 1
#endif
#ifndef WINDOW
#define WINDOW 2 /* ticks without a word, after which a node is silent */
#endif
#ifndef BOUND
#define BOUND 3 /* ticks that a leaving node waits at most; more than MISSES */
#endif
#ifndef EVENTS
#define EVENTS 2
#endif

#define NEVER 7 /* ticks: as old as anything gets */

/* What a node does. */
#define SERVES  0
#define LEAVES  1 /* it still serves */
#define GONE    2 /* by its own will: nothing of it is left in the kernel */
#define OFF     3 /* no power */
#define CRASHED 4 /* no controller; the dataplane serves on by what it knew */

/* How a controller takes another node. */
#define SILENT  0
#define GOOD    1
#define AVOIDED 2

typedef per_node {
	byte by[NODES];
}

byte life[NODES];
byte waited[NODES]; /* ticks, since it said that it leaves */
byte since[NODES];  /* ticks, in this life */
per_node kept[NODES];  /* the dataplane: the last words of each, 0: none */
per_node age[NODES];   /* the dataplane: ticks since */
per_node view[NODES];  /* the controller */
per_node answer[NODES]; /* the controller: heard to avoid it, since its life began */
per_node lost[NODES];  /* messages in a row, by receiver and sender */
byte events;
byte o, n, words;
bool all_answered, news;

#define has_controller(x) (life[x] == SERVES || life[x] == LEAVES)
#define avoids(x, y)      (view[x].by[y] != GOOD)

/* Words: what the sender does, and for each node whether the sender avoids it. */
#define says_it_leaves(w)  ((w) & 1)
#define says_it_avoids(w, y) ((w) >> (1 + (y)) & 1)

inline speak(x) {
	words = 128 | (life[x] == LEAVES);
	o = 0;
	do
	:: o < NODES ->
		if
		:: o != x && avoids(x, o) -> words = words | (2 << o)
		:: else
		fi;
		o++
	:: else -> break
	od
}

inline look_at(x, y) {
	if
	:: age[x].by[y] > WINDOW || kept[x].by[y] == 0 -> view[x].by[y] = SILENT
	:: else ->
		if
		:: says_it_leaves(kept[x].by[y]) -> view[x].by[y] = AVOIDED
		:: else -> view[x].by[y] = GOOD
		fi
	fi
}

/* The dataplane of @x has got the words of @y; its controller is woken by news. */
inline hear(x, y) {
	news = kept[x].by[y] != words;
#ifndef SAME_WORDS_ARE_OLD
	news = news || view[x].by[y] == SILENT;
#endif
	kept[x].by[y] = words;
	age[x].by[y] = 0;
	lost[x].by[y] = 0;
	answer[x].by[y] = says_it_avoids(words, x);
	if
	:: news && has_controller(x) -> look_at(x, y)
	:: else
	fi
}

inline tell_all(x) {
	speak(x);
	o = 0;
	do
	:: o < NODES ->
		if
		:: o != x && life[o] != OFF && life[o] != GONE ->
			if
			:: hear(o, x)
			:: lost[o].by[x] < MISSES -> lost[o].by[x]++
			fi
		:: else
		fi;
		o++
	:: else -> break
	od
}

inline begin_life(x, what) {
	life[x] = what;
	since[x] = 0;
	waited[x] = 0;
#ifndef OLD_ANSWERS
	o = 0;
	do
	:: o < NODES -> answer[x].by[o] = 0; o++
	:: else -> break
	od
#endif
}

/* A controller that starts learns from the dataplane before it acts. */
inline start(x) {
	begin_life(x, SERVES);
	o = 0;
	do
	:: o < NODES ->
		lost[o].by[x] = 0;
		lost[x].by[o] = 0;
#ifndef KEEP_SILENCE
		if
		:: o != x -> look_at(x, o)
		:: else
		fi;
#endif
		o++
	:: else -> break
	od
}

inline forget_all(x) {
	o = 0;
	do
	:: o < NODES ->
		kept[x].by[o] = 0;
		age[x].by[o] = NEVER;
		view[x].by[o] = SILENT;
		o++
	:: else -> break
	od
}

inline happen(x) {
	if
	:: true
	:: events < EVENTS ->
		events++;
		if
		:: life[x] == SERVES -> begin_life(x, LEAVES)
		:: life[x] == SERVES || life[x] == LEAVES -> begin_life(x, CRASHED)
		:: life[x] != OFF ->
			begin_life(x, OFF);
			forget_all(x)
		:: life[x] == GONE || life[x] == OFF || life[x] == CRASHED -> start(x)
		fi
	fi
}

/*
 * Whether it may go: all have said, since it began to leave, that they avoid it; or it has waited long
 * enough. Whom it does not hear may hear it all the same, so silence is no answer.
 */
inline go_if_done(x) {
	all_answered = true;
	o = 0;
	do
	:: o < NODES ->
		if
#ifdef SILENCE_ANSWERS
		:: o != x && view[x].by[o] != SILENT && !answer[x].by[o] ->
#else
		:: o != x && !answer[x].by[o] ->
#endif
			all_answered = false
		:: else
		fi;
		o++
	:: else -> break
	od;
	if
	:: all_answered || waited[x] >= BOUND ->
		begin_life(x, GONE);
		forget_all(x)
	:: else -> waited[x]++
	fi
}

inline grow_old(x) {
	if
	:: since[x] < NEVER -> since[x]++
	:: else
	fi;
	o = 0;
	do
	:: o < NODES ->
		if
		:: age[x].by[o] < NEVER -> age[x].by[o]++
		:: else
		fi;
		if
		:: o != x && has_controller(x) && age[x].by[o] > WINDOW -> view[x].by[o] = SILENT
		:: else
		fi;
		o++
	:: else -> break
	od
}

inline check(x, y) {
	assert(life[y] != GONE || view[x].by[y] != GOOD);
	assert(life[y] != OFF || since[y] <= WINDOW || view[x].by[y] != GOOD);
	/* Who serves is used: after as many messages as may be lost, one more, and a part of a tick. */
	assert(life[y] != SERVES || since[y] <= MISSES + 1 || since[x] <= MISSES + 1 ||
	       view[x].by[y] == GOOD)
}

inline check_all() {
	n = 0;
	do
	:: n < NODES ->
		o = 0;
		do
		:: o < NODES ->
			if
			:: o != n && has_controller(o) -> check(o, n)
			:: else
			fi;
			o++
		:: else -> break
		od;
		n++
	:: else -> break
	od
}

inline act(x) {
	happen(x);
	if
	:: life[x] == LEAVES -> go_if_done(x)
	:: else
	fi;
	if
	:: has_controller(x) -> tell_all(x)
	:: else
	fi
}

active proctype world()
{
	/* All serve, and have heard each other. */
	d_step {
		n = 0;
		do
		:: n < NODES ->
			o = 0;
			do
			:: o < NODES ->
				kept[n].by[o] = 128;
				view[n].by[o] = GOOD;
				o++
			:: else -> break
			od;
			since[n] = NEVER;
			n++
		:: else -> break
		od
	}
	do
	:: true ->
		atomic {
			n = 0;
			do
			:: n < NODES -> act(n); n++
			:: else -> break
			od;
			n = 0;
			do
			:: n < NODES -> grow_old(n); n++
			:: else -> break
			od;
			check_all()
		}
	od
}
