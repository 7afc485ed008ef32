"""Two threads, two SQLite connections: each enters the mutex of one and runs a statement on the other. Says "ready"."""
import ctypes, sys, threading, time

sqlite = ctypes.CDLL("libsqlite3.so.0")
sqlite.sqlite3_db_mutex.restype = ctypes.c_void_p
met = threading.Barrier(2)


def connect(path):
    connection = ctypes.c_void_p()
    FULL_MUTEX, CREATE, WRITE = 0x10000, 4, 2
    if sqlite.sqlite3_open_v2(path.encode(), ctypes.byref(connection), FULL_MUTEX | CREATE | WRITE, None) != 0:
        sys.exit("cannot open " + path)
    return connection


def copies(source, target):
    sqlite.sqlite3_mutex_enter(ctypes.c_void_p(sqlite.sqlite3_db_mutex(source)))
    met.wait()
    sqlite.sqlite3_exec(target, b"create table if not exists t(x)", None, None, None)
    sqlite.sqlite3_mutex_leave(ctypes.c_void_p(sqlite.sqlite3_db_mutex(source)))


first, second = connect(":memory:"), connect(":memory:")
for arguments in ((first, second), (second, first)):
    threading.Thread(target=copies, args=arguments, daemon=True).start()
time.sleep(0.5)
print("ready", flush=True)
time.sleep(1000)
