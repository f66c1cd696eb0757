#ifndef APUS_ALLOCATOR_H
#define APUS_ALLOCATOR_H

#include <stdint.h>

/* What the allocator holds, in bytes. */
typedef struct {
    uint64_t reserved; /* taken from the system for small blocks */
    uint64_t used;     /* of these, in use */
    uint64_t mapped;   /* large blocks, mapped one by one */
} apus_allocator_facts;

/* All zero where the C library does not tell. */
apus_allocator_facts apus_allocator_read(void);

#endif
