// A thread waits for what main has in one place of Rust's own, or has lost; then it is woken through just that.
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel, Sender, SyncSender};
use std::sync::{Arc, Barrier, Condvar, Mutex, Weak};
use std::thread::{self, Thread};

type Shared = Arc<(Mutex<bool>, Condvar)>;

fn say(words: &str) {
    std::io::stdout().write_all(words.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}
fn await_byte() {
    let mut byte = [0u8];
    if std::io::stdin().read(&mut byte).unwrap() == 0 {
        std::process::exit(0);
    }
}
static STARTED: AtomicUsize = AtomicUsize::new(0); // it has its name by then
fn start(wait: impl FnOnce() + Send + 'static) -> Thread {
    let handle = thread::Builder::new().name("waiter".into()).spawn(move || {
        STARTED.store(1, Ordering::SeqCst);
        wait();
        say("woken\n");
    });
    while STARTED.load(Ordering::SeqCst) == 0 {
        thread::sleep(std::time::Duration::from_millis(1));
    }
    handle.unwrap().thread().clone()
}
fn waits(shared: Shared) {
    let mut open = shared.0.lock().unwrap();
    while !*open {
        open = shared.1.wait(open).unwrap();
    }
}
fn open(shared: &(Mutex<bool>, Condvar)) {
    *shared.0.lock().unwrap() = true;
    shared.1.notify_all();
}
#[inline(never)]
fn forget() {
    let mut bytes = [1u8; 32768];
    for byte in bytes.iter_mut() {
        unsafe { std::ptr::write_volatile(byte, 0) };
    }
}

static SENDER: Mutex<Option<Sender<u32>>> = Mutex::new(None);
static SYNC: Mutex<Option<SyncSender<u32>>> = Mutex::new(None);
static PARKED: Mutex<Option<Thread>> = Mutex::new(None);
static MAP: Mutex<Option<HashMap<u32, Shared>>> = Mutex::new(None);
static WEAK: Mutex<Option<Weak<(Mutex<bool>, Condvar)>>> = Mutex::new(None);
static TAGGED: AtomicUsize = AtomicUsize::new(0);
static CALLS: Mutex<Vec<Box<dyn FnOnce() + Send>>> = Mutex::new(Vec::new());
static BARRIER: Mutex<Option<Arc<Barrier>>> = Mutex::new(None);

struct Cycle {
    shared: Shared,
    next: Mutex<Option<Arc<Cycle>>>,
}

#[inline(never)]
fn hide(place: &str) {
    let shared: Shared = Arc::new((Mutex::new(false), Condvar::new()));
    let other = shared.clone();
    match place {
        "in_a_sender" | "in_a_lost_sender" => {
            let (sender, receiver) = channel::<u32>();
            start(move || { receiver.recv().unwrap(); });
            if place == "in_a_sender" { *SENDER.lock().unwrap() = Some(sender) } else { std::mem::forget(sender) }
        }
        "in_a_rendezvous" | "in_a_lost_rendezvous" => {
            let (sender, receiver) = sync_channel::<u32>(0);
            start(move || { receiver.recv().unwrap(); });
            if place == "in_a_rendezvous" { *SYNC.lock().unwrap() = Some(sender) } else { std::mem::forget(sender) }
        }
        "in_a_thread" => { *PARKED.lock().unwrap() = Some(start(|| thread::park())); }
        "in_a_lost_thread" => { start(|| thread::park()); }
        "in_a_map" => { start(move || waits(other)); MAP.lock().unwrap().get_or_insert_with(HashMap::new).insert(7, shared); }
        "in_a_weak" => { *WEAK.lock().unwrap() = Some(Arc::downgrade(&shared)); start(move || waits(other)); }
        "in_a_tag" => { start(move || waits(other)); TAGGED.store(Arc::into_raw(shared) as usize | 3, Ordering::SeqCst); }
        "in_a_closure" => { start(move || waits(other)); CALLS.lock().unwrap().push(Box::new(move || open(&shared))); }
        "in_a_lost_cycle" => {
            start(move || waits(other));
            let first = Arc::new(Cycle { shared: shared.clone(), next: Mutex::new(None) });
            let second = Arc::new(Cycle { shared, next: Mutex::new(Some(first.clone())) });
            *first.next.lock().unwrap() = Some(second.clone());
            assert!(Arc::ptr_eq(&first.shared, &second.shared));
        }
        "in_a_barrier" => { let barrier = Arc::new(Barrier::new(2)); *BARRIER.lock().unwrap() = Some(barrier.clone()); start(move || { barrier.wait(); }); }
        "in_a_scope" => { start(move || waits(other)); thread::spawn(move || { await_byte(); open(&shared); }); }
        _ => std::process::exit(2),
    }
}
fn find(place: &str) {
    match place {
        "in_a_sender" => SENDER.lock().unwrap().as_ref().unwrap().send(1).unwrap(),
        "in_a_rendezvous" => SYNC.lock().unwrap().as_ref().unwrap().send(1).unwrap(),
        "in_a_thread" => PARKED.lock().unwrap().as_ref().unwrap().unpark(),
        "in_a_map" => open(&MAP.lock().unwrap().as_ref().unwrap()[&7]),
        "in_a_weak" => open(&WEAK.lock().unwrap().as_ref().unwrap().upgrade().unwrap()),
        "in_a_tag" => open(&*unsafe { Arc::from_raw((TAGGED.load(Ordering::SeqCst) & !7) as *const (Mutex<bool>, Condvar)) }),
        "in_a_closure" => CALLS.lock().unwrap().pop().unwrap()(),
        "in_a_barrier" => { BARRIER.lock().unwrap().take().unwrap().wait(); }
        _ => (),
    }
}

fn main() {
    let place = std::env::args().nth(1).unwrap();
    hide(&place);
    thread::sleep(std::time::Duration::from_millis(50));
    forget();
    say("ready\n");
    if place != "in_a_scope" { await_byte(); find(&place); }
    loop { thread::park(); }
}
