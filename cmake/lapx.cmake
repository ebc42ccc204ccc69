# Flags for all of lapx's own code, and the two functions that declare its libraries and tests.

add_library(lapx_flags INTERFACE)
target_compile_options(lapx_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
    -Wimplicit-fallthrough -Wformat=2 -Wswitch-enum -fno-strict-aliasing
    $<$<BOOL:${LAPX_WERROR}>:-Werror>)
if(LAPX_SANITIZE)
    target_compile_options(lapx_flags INTERFACE -fsanitize=${LAPX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(lapx_flags INTERFACE -fsanitize=${LAPX_SANITIZE})
endif()
if(LAPX_FUZZ)
    target_compile_options(lapx_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LAPX_HARDEN)
    target_compile_options(lapx_flags INTERFACE
        -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_GLIBCXX_ASSERTIONS
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    target_link_options(lapx_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# lapx_library(NAME [SOURCES a.cpp …] [PUBLIC targets…] [PRIVATE targets…])
# A static library whose headers lie beside its sources. Third-party targets belong under PRIVATE.
function(lapx_library name)
    cmake_parse_arguments(L "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${L_SOURCES})
    target_link_libraries(${name} PUBLIC ${L_PUBLIC} PRIVATE lapx_flags ${L_PRIVATE})
endfunction()

# lapx_program(NAME SOURCES a.cpp … PRIVATE targets…)
function(lapx_program name)
    cmake_parse_arguments(L "" "" "SOURCES;PRIVATE" ${ARGN})
    add_executable(${name} ${L_SOURCES})
    target_link_libraries(${name} PRIVATE lapx_flags ${L_PRIVATE})
endfunction()

# lapx_test(NAME SOURCES a.cpp … LIBS targets…): a GoogleTest program, one ctest entry for each test in it.
function(lapx_test name)
    cmake_parse_arguments(L "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${L_SOURCES})
    target_link_libraries(${name} PRIVATE lapx_flags ${L_LIBS} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name} PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
endfunction()

# lapx_python_test(NAME [TIMEOUT seconds]): NAME.py beside the CMakeLists.txt, run on the programs of this build. Skipped if all in it is.
function(lapx_python_test name)
    cmake_parse_arguments(L "" "TIMEOUT" "LABELS" ${ARGN})
    get_filename_component(kind ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    add_test(NAME ${kind}.${name} COMMAND /usr/bin/python3 -W error::ResourceWarning
        ${CMAKE_SOURCE_DIR}/tests/e2e/run.py ${CMAKE_CURRENT_SOURCE_DIR}/${name}.py)
    set_tests_properties(${kind}.${name} PROPERTIES
        ENVIRONMENT "LAPX_BIN=$<TARGET_FILE_DIR:lapxd>;PYTHONDONTWRITEBYTECODE=1;PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/e2e"
        SKIP_RETURN_CODE 77 TIMEOUT ${L_TIMEOUT} LABELS "programs;${L_LABELS}")
endfunction()
