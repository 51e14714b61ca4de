/* A program of the emulated host (docker, netsh, hostname: whatever name it is run by, with .exe or without): the host
 * does it. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 32

static int fail(const char *name, const char *why) {
    fprintf(stderr, "%s: %s\n", name, why);
    return 1;
}

static void print(const void *bytes, uint32_t length) {
    fwrite(bytes, 1, length, stdout);
    fflush(stdout);
}

int main(int count, char **arguments) {
    const char *slash = strrchr(arguments[0], '/');
    const char *name = slash != NULL ? slash + 1 : arguments[0];
    unsigned char verb[2 * LONGEST_NAME] = {0};
    size_t letters = strlen(name), size = 0, length = 0;
    if (letters > 4 && strcmp(name + letters - 4, ".exe") == 0)
        letters -= 4;
    if (letters > LONGEST_NAME)
        return fail(name, "no program of the emulated host");
    for (size_t i = 0; i < letters; i++)
        verb[2 * i] = (unsigned char)name[i];
    for (int i = 1; i < count; i++)
        size += strlen(arguments[i]) + 1;
    char *words = malloc(size + 1);
    if (words == NULL)
        return fail(name, "out of memory");
    for (int i = 1; i < count; i++) {
        size_t part = strlen(arguments[i]) + 1;
        memcpy(words + length, arguments[i], part);
        length += part;
    }
    const struct text question[3] = {{verb, (uint32_t)(2 * letters)}, {"", 0}, {words, (uint32_t)length}};
    uint32_t status, answered;
    void *answer;
    if (host_follow(question, &status, &answer, &answered, 0, print) != 0)
        return fail(name, "the emulated host does not answer");
    free(words);
    const unsigned char *bytes = answer;
    if (answered < 4)
        return fail(name, "the emulated host's answer is cut short");
    size_t output = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (output > answered - 4)
        return fail(name, "the emulated host's answer is cut short");
    fwrite(bytes + 4, 1, output, stdout);
    fwrite(bytes + 4 + output, 1, answered - 4 - output, stderr);
    free(answer);
    return (int)status;
}
