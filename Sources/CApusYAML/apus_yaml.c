#include "apus_yaml.h"

#include <stdlib.h>
#include <yaml.h>

struct apus_yaml_parser {
    yaml_parser_t parser;
    /* The event that was given last, which holds what was given of it. */
    yaml_event_t event;
};

apus_yaml_parser *apus_yaml_parser_make(const uint8_t *text, size_t length) {
    apus_yaml_parser *made = calloc(1, sizeof(apus_yaml_parser));
    if (!made) return NULL;
    if (!yaml_parser_initialize(&made->parser)) {
        free(made);
        return NULL;
    }
    yaml_parser_set_encoding(&made->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&made->parser, text, length);
    return made;
}

void apus_yaml_parser_free(apus_yaml_parser *parser) {
    yaml_event_delete(&parser->event);
    yaml_parser_delete(&parser->parser);
    free(parser);
}

static apus_yaml_event failure(const yaml_parser_t *parser) {
    apus_yaml_event event = {
        .line = parser->problem_mark.line + 1,
        .column = parser->problem_mark.column + 1,
        .context = parser->context,
        .problem = parser->problem ? parser->problem : "the text cannot be read",
        .offset = parser->problem_offset,
        .character = parser->problem_value,
    };
    switch (parser->error) {
    case YAML_READER_ERROR: event.kind = APUS_YAML_UNREADABLE; break;
    case YAML_MEMORY_ERROR: event.kind = APUS_YAML_NO_MEMORY; break;
    default: event.kind = APUS_YAML_WRONG;
    }
    return event;
}

/* Translates an event; false for those that tell nothing. */
static bool translate(const yaml_event_t *from, apus_yaml_event *event) {
    *event = (apus_yaml_event){.line = from->start_mark.line + 1, .column = from->start_mark.column + 1};
    switch (from->type) {
    case YAML_DOCUMENT_START_EVENT: event->kind = APUS_YAML_DOCUMENT; return true;
    case YAML_STREAM_END_EVENT: event->kind = APUS_YAML_END; return true;
    case YAML_SEQUENCE_END_EVENT: event->kind = APUS_YAML_SEQUENCE_END; return true;
    case YAML_MAPPING_END_EVENT: event->kind = APUS_YAML_MAPPING_END; return true;
    case YAML_ALIAS_EVENT:
        event->kind = APUS_YAML_ALIAS;
        event->anchor = (const char *)from->data.alias.anchor;
        return true;
    case YAML_SEQUENCE_START_EVENT:
        event->kind = APUS_YAML_SEQUENCE;
        event->anchor = (const char *)from->data.sequence_start.anchor;
        return true;
    case YAML_MAPPING_START_EVENT:
        event->kind = APUS_YAML_MAPPING;
        event->anchor = (const char *)from->data.mapping_start.anchor;
        return true;
    case YAML_SCALAR_EVENT:
        event->kind = APUS_YAML_SCALAR;
        event->anchor = (const char *)from->data.scalar.anchor;
        event->tag = (const char *)from->data.scalar.tag;
        event->text = from->data.scalar.value;
        event->length = from->data.scalar.length;
        event->is_plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return true;
    default: return false;
    }
}

apus_yaml_event apus_yaml_next(apus_yaml_parser *parser) {
    apus_yaml_event event;
    do {
        yaml_event_delete(&parser->event);
        if (!yaml_parser_parse(&parser->parser, &parser->event)) return failure(&parser->parser);
    } while (!translate(&parser->event, &event));
    return event;
}
