/* How the programs and the library beside the engine ask the emulated host.
 *
 * The host listens on the UNIX socket that VMCOMPUTE_SOCKET names; a connection carries one question. Integers are
 * u32, little-endian; a text is its length in bytes and then these bytes.
 *   question: three texts; for HNSCall the method, the path and the request in UTF-16LE,
 *             for HCN `hcn`, what is done to what and the request in UTF-16LE: `ModifyEndpoint/<id>`,
 *             `EnumerateNamespace/`, `CreateLoadBalancer/<id, or zeros>`, `CreateEndpoint/<id>/<id of its network>`,
 *             for a program its verb in UTF-16LE, nothing, and its arguments in UTF-8, a NUL after each
 *   answer:   a number and a text; for HNSCall the HRESULT and the response in UTF-16LE,
 *             for HCN the HRESULT, and the length of the properties (of an enumeration the list of ids, of a
 *             creation the new id), these, and the error record in UTF-16LE,
 *             for a program that goes on PART and a piece of its stdout, as often as there is one, and at last as
 *             for any: its exit code, and the length of what goes to stdout, that, and what goes to stderr
 */
#ifndef HNSKIT_HOST_H
#define HNSKIT_HOST_H

#include <stddef.h>
#include <stdint.h>

struct text {
    const void *bytes;
    uint32_t length;
};

/* Asks, and gives back the answer's number and its text, which the caller frees; `extra` zeroed bytes follow it.
 * Returns 0, or -1 if the host is not there or the answer is cut short. */
int host_ask(const struct text question[3], uint32_t *number, void **answer, uint32_t *length, size_t extra);

/* The number of an answer after which another one follows. */
#define PART 0xFFFFFFFEu

/* The same; `take` gets each part. */
int host_follow(const struct text question[3], uint32_t *number, void **answer, uint32_t *length, size_t extra,
                void (*take)(const void *bytes, uint32_t length));

#endif
