// The C stack of the thread that a fatal signal ends, written to a descriptor; then the signal ends the process as it would have.
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int out = 2;

static void tell(int number) {
    static const char head[] = "C stack of the thread that died:\n";
    void *frames[64];
    int n = backtrace(frames, 64);
    if (write(out, head, sizeof head - 1) > 0) backtrace_symbols_fd(frames, n, out);
    signal(number, SIG_DFL);
    raise(number);
}

void watch(int descriptor) {
    static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    struct sigaction action;
    void *frame[1];
    out = descriptor;
    backtrace(frame, 1);  // loads what it needs now, when there is memory
    memset(&action, 0, sizeof action);
    action.sa_handler = tell;
    action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESETHAND;
    for (unsigned i = 0; i < sizeof fatal / sizeof fatal[0]; i++) sigaction(fatal[i], &action, NULL);
}
