// Three ways in which a thread of a Rust program waits for ever; none goes through pthread.
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::{thread, time::Duration};

fn main() {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = pair.clone();
    thread::Builder::new().name("condvar".into()).spawn(move || {
        let mut ready = theirs.0.lock().unwrap();
        while !*ready {
            ready = theirs.1.wait(ready).unwrap();
        }
    }).unwrap();
    thread::Builder::new().name("parked".into()).spawn(|| loop { thread::park() }).unwrap();
    let (sender, receiver) = mpsc::channel::<i32>();
    thread::Builder::new().name("receiver".into()).spawn(move || receiver.recv()).unwrap();
    thread::sleep(Duration::from_millis(100));
    let worker = thread::spawn(|| 42);
    println!("{}", worker.join().unwrap());
    drop(pair);
    std::mem::forget(sender);
}
