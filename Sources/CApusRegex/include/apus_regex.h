#ifndef APUS_REGEX_H
#define APUS_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled RE2 pattern. Matching is linear in the text and safe from several threads at once.
typedef struct apus_regex apus_regex;

/// Where a capture group matched; `start` is -1 for a group that took no part.
typedef struct {
    ptrdiff_t start;
    ptrdiff_t end;
} apus_regex_group;

/// Compiles `pattern` (not anchored by itself), with `.` matching newlines and at most `max_memory` bytes of program
/// and automaton. Returns NULL and writes RE2's reason, cut to `reason_size` with its final zero, when it cannot.
apus_regex *apus_regex_compile(const char *pattern, size_t length, size_t max_memory, char *reason, size_t reason_size);

void apus_regex_free(apus_regex *regex);

/// The number of capture groups, the whole match not counted.
int apus_regex_group_count(const apus_regex *regex);

/// The number of the group called `name`, or -1.
int apus_regex_group_named(const apus_regex *regex, const char *name, size_t length);

/// Whether the whole text matches.
bool apus_regex_matches(const apus_regex *regex, const char *text, size_t length);

/// Whether the whole text matches; `groups` receives `group_count` entries, the whole match first.
bool apus_regex_captures(const apus_regex *regex, const char *text, size_t length, apus_regex_group *groups, int group_count);

#ifdef __cplusplus
}
#endif

#endif
