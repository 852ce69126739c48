# Flags, and the functions by which each folder of src/ declares itself.
#
# Layers: a library's headers are included as "library/header.h", and that path
# exists only for targets that link the library: each has an include folder of
# its own in the build tree that holds one symbolic link. So a program that does
# not link the store cannot include its headers.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(CHANCERY_FAULTS "compile fault points in (never in a release)" OFF)
option(CHANCERY_ANALYZER "run gcc's static analyser while compiling" OFF)
option(CHANCERY_FUZZ "build the libFuzzer targets (clang)" OFF)
option(CHANCERY_TESTS "build the tests" ON)
set(CHANCERY_SANITIZE "" CACHE STRING "sanitizers, e.g. address,undefined")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Walloca -Wformat=2 -Wimplicit-fallthrough
  -Wswitch-enum -Wnull-dereference -Wcast-qual -Wwrite-strings -Wundef
  -Wconversion -Wno-sign-conversion
  -fno-common -fno-strict-aliasing -fstack-protector-strong
  -fstack-clash-protection -fcf-protection -fPIE)
add_link_options(-pie -Wl,-z,relro,-z,now -Wl,--as-needed)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(
    -Wimplicit-fallthrough=5 -Wduplicated-cond -Wduplicated-branches
    -Wlogical-op -ftrivial-auto-var-init=zero)
  if(CHANCERY_ANALYZER)
    add_compile_options(-fanalyzer)
  endif()
else()
  # clang takes this only at link time.
  add_compile_options(-Wno-unused-command-line-argument)
endif()

if(CHANCERY_SANITIZE)
  add_compile_options(-fsanitize=${CHANCERY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CHANCERY_SANITIZE})
  add_compile_definitions(CHANCERY_SANITIZED)
  # False positives of gcc 12 with sanitizers on; every other build has them.
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-null-dereference -Wno-maybe-uninitialized)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR
       CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=3)
endif()
if(CHANCERY_FAULTS)
  add_compile_definitions(CHANCERY_FAULTS)
endif()

find_package(PkgConfig REQUIRED)
foreach(module sqlite3 openssl libcrypto libsodium libnghttp2 jansson libutf8proc
        libseccomp libcurl libxxhash libfido2 libbrotlienc zlib)
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()

if(CHANCERY_TESTS)
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
endif()

# chancery_library(NAME SOURCES ... [LINK ...] [PRIVATE ...])
function(chancery_library name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  chancery_include(${name} ${name})
  # Nothing of ours stands in for a function that other libraries share: libcbor,
  # too, has a cbor_get_int.
  set_target_properties(${name} PROPERTIES C_VISIBILITY_PRESET hidden)
  target_link_libraries(${name} PUBLIC ${A_LINK} PRIVATE ${A_PRIVATE})
endfunction()

# The folder that makes "name/..." includable, and nothing else.
function(chancery_include target name)
  set(dir ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${dir})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${dir}/${name} SYMBOLIC)
  target_include_directories(${target} PUBLIC ${dir})
endfunction()

# chancery_test(NAME SOURCES ... LINK ... [LABELS ...]): a cmocka program.
# TIMEOUT is a guard against hanging, not an expectation.
function(chancery_test name)
  if(NOT CHANCERY_TESTS)
    return()
  endif()
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  if(CHANCERY_SANITIZE STREQUAL "thread")
    set(A_TIMEOUT 1200)
  elseif(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  add_executable(test-${name} ${A_SOURCES})
  target_include_directories(test-${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test-${name} PRIVATE ${A_LINK} PkgConfig::cmocka)
  add_test(NAME ${name} COMMAND test-${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "unit;${A_LABELS}" TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "CHANCERY_TESTDATA=${CMAKE_SOURCE_DIR}/tests/data")
endfunction()

# chancery_fuzz(NAME SOURCES ... LINK ...): with clang a libFuzzer program; else
# the same target with a main of its own that runs the committed corpus once.
function(chancery_fuzz name)
  if(NOT CHANCERY_TESTS)
    return()
  endif()
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_executable(fuzz-${name} ${A_SOURCES})
  target_link_libraries(fuzz-${name} PRIVATE ${A_LINK})
  if(CHANCERY_FUZZ)
    target_compile_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz-${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz_main.c)
  endif()
  add_test(NAME fuzz-${name}
    COMMAND fuzz-${name} ${CMAKE_SOURCE_DIR}/tests/corpus/${name})
  set_tests_properties(fuzz-${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 300)
endfunction()
