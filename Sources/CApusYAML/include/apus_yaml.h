#ifndef APUS_YAML_H
#define APUS_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What comes next in a YAML text. */
typedef enum {
    APUS_YAML_END,
    APUS_YAML_DOCUMENT,
    APUS_YAML_SCALAR,
    APUS_YAML_ALIAS,
    APUS_YAML_SEQUENCE,
    APUS_YAML_SEQUENCE_END,
    APUS_YAML_MAPPING,
    APUS_YAML_MAPPING_END,
    /* The text is no YAML here: `problem` says why, at `line` and `column`. */
    APUS_YAML_WRONG,
    /* The text has a character that YAML does not allow, at the byte `offset`. */
    APUS_YAML_UNREADABLE,
    APUS_YAML_NO_MEMORY,
} apus_yaml_kind;

/* One event; what it points to is valid until the next is asked for. */
typedef struct {
    apus_yaml_kind kind;
    /* Where it begins, both from 1, in characters. */
    size_t line, column;
    /* The anchor that a value has or an alias names; NULL for none. */
    const char *anchor;
    /* The tag that was written; NULL for none. */
    const char *tag;
    /* Of a scalar. */
    const uint8_t *text;
    size_t length;
    bool is_plain;
    /* Of an error; `context` is NULL when there is none. */
    const char *context, *problem;
    size_t offset;
    int character;
} apus_yaml_event;

typedef struct apus_yaml_parser apus_yaml_parser;

/* Reads UTF-8 text, which must stay until the parser is freed; NULL when there is no memory. */
apus_yaml_parser *apus_yaml_parser_make(const uint8_t *text, size_t length);

void apus_yaml_parser_free(apus_yaml_parser *parser);

/* The next event; not to be asked for behind the end or an error. */
apus_yaml_event apus_yaml_next(apus_yaml_parser *parser);

#endif
