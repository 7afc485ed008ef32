// Condition, channel, park, join and sleep, again and again: everything must come when it is due, whatever signals the
// process takes.
use std::sync::{mpsc, Arc, Condvar, Mutex, atomic::{AtomicU64, Ordering}};
use std::{env, thread, time::{Duration, Instant}};
fn main() {
    let rounds: u64 = env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(300);
    println!("begins");
    let pair = Arc::new((Mutex::new(0u64), Condvar::new()));
    let theirs = pair.clone();
    let counter = thread::spawn(move || {
        let mut n = theirs.0.lock().unwrap();
        while *n < rounds {
            n = theirs.1.wait(n).unwrap();
        }
        *n
    });
    let timed = pair.clone();
    let ticks = Arc::new(AtomicU64::new(0));
    let t2 = ticks.clone();
    let waiter = thread::spawn(move || {
        let mut n = timed.0.lock().unwrap();
        while *n < rounds {
            n = timed.1.wait_timeout(n, Duration::from_millis(1)).unwrap().0;
            t2.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (sender, receiver) = mpsc::channel::<u64>();
    let sum = thread::spawn(move || { let mut s = 0; while let Ok(v) = receiver.recv() { s += v } s });
    let parked = thread::spawn(move || { let mut r = 0; while r < rounds { thread::park_timeout(Duration::from_micros(300)); r += 1 } r });
    let handle = parked.thread().clone();
    for i in 1..=rounds {
        let before = Instant::now();
        thread::sleep(Duration::from_micros(500));
        assert!(before.elapsed() >= Duration::from_micros(500));
        *pair.0.lock().unwrap() = i;
        pair.1.notify_all();
        sender.send(i).unwrap();
        handle.unpark();
        let short = thread::spawn(move || i);
        assert_eq!(short.join().unwrap(), i);
    }
    drop(sender);
    assert_eq!(counter.join().unwrap(), rounds);
    waiter.join().unwrap();
    assert_eq!(sum.join().unwrap(), rounds * (rounds + 1) / 2);
    assert_eq!(parked.join().unwrap(), rounds);
    println!("ok {}", rounds);
}
