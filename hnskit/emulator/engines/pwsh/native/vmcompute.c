/* The one function of vmcompute.dll that hnskit calls (HNS facts 1-5), answered by the emulated host. */
#include "host.h"

#define RPC_S_SERVER_UNAVAILABLE ((int32_t)0x800706BA) /* what Windows says while the service does not run */

static struct text utf16(const uint16_t *string) {
    struct text text = {string, 0};
    if (string != NULL)
        while (string[text.length / 2] != 0)
            text.length += 2;
    return text;
}

/* The response is the caller's, who frees it as this platform's runtime frees an `out string`: with free(). */
__attribute__((visibility("default")))
int32_t HNSCall(const uint16_t *method, const uint16_t *path, const uint16_t *request, uint16_t **response) {
    const struct text question[3] = {utf16(method), utf16(path), utf16(request)};
    uint32_t result, length;
    void *answer;
    *response = NULL;
    if (host_ask(question, &result, &answer, &length, sizeof(uint16_t)) != 0)
        return RPC_S_SERVER_UNAVAILABLE;
    *response = answer;
    return (int32_t)result;
}
