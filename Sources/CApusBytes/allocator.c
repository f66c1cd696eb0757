#include "apus_allocator.h"

#include <malloc.h>

apus_allocator_facts apus_allocator_read(void) {
    apus_allocator_facts facts = {0, 0, 0};
#if defined(__GLIBC__) && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 33))
    struct mallinfo2 info = mallinfo2();
    facts.reserved = info.arena;
    facts.used = info.uordblks;
    facts.mapped = info.hblkhd;
#endif
    return facts;
}
