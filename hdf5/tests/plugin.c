/* Loads the plugin as HDF5 does, by the headers of HDF5, and sends a chunk there and back. */
#include <H5PLextern.h>
#include <H5Zpublic.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                        \
    if (!(what)) {                                         \
        fprintf(stderr, "line %d: " #what "\n", __LINE__); \
        return 1;                                          \
    }

int main(int count, char **words) {
    void *plugin = dlopen(words[1], RTLD_LAZY);
    CHECK(plugin);
    H5PL_type_t (*type)(void) = (H5PL_type_t (*)(void))dlsym(plugin, "H5PLget_plugin_type");
    const void *(*info)(void) = (const void *(*)(void))dlsym(plugin, "H5PLget_plugin_info");
    CHECK(type && info && type() == H5PL_TYPE_FILTER);
    const H5Z_class2_t *class = info();
    CHECK(class->version == H5Z_CLASS_T_VERS);
    CHECK(class->id == atoi(words[2]) && class->id > 32767 && class->id <= H5Z_FILTER_MAX);
    CHECK(class->encoder_present == 1 && class->decoder_present == 1);
    CHECK(strcmp(class->name, "foresz") == 0);
    CHECK(!class->can_apply && !class->set_local && class->filter);

    unsigned values[100];
    size_t numbers = 0;
    for (int i = 3; i < count; i++) values[numbers++] = (unsigned)strtoul(words[i], NULL, 10);
    float field[600];
    for (int i = 0; i < 600; i++) field[i] = 280 + 9 * sinf(i / 7.0f);
    size_t size = sizeof field;
    void *buffer = malloc(size);
    memcpy(buffer, field, size);
    size_t length = class->filter(0, numbers, values, size, &size, &buffer);
    CHECK(length > 0 && length == size && length < sizeof field / 2);

    /* What is cut short is refused, and the buffer left alone. */
    void *before = buffer;
    CHECK(class->filter(H5Z_FLAG_REVERSE, numbers, values, length - 1, &size, &buffer) == 0);
    CHECK(buffer == before && size == length);
    CHECK(class->filter(0, numbers, values, length, &size, &buffer) == 0);

    /* The chunk alone says all. */
    CHECK(class->filter(H5Z_FLAG_REVERSE, 0, NULL, length, &size, &buffer) == sizeof field);
    CHECK(size == sizeof field);
    for (int i = 0; i < 600; i++) CHECK(fabsf(((float *)buffer)[i] - field[i]) <= 0.05f);
    free(buffer);
    return 0;
}
