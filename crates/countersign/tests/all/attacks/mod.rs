//! What an attacker tries, and what holds; each test names the attack of the threat catalog it stands for.

mod codes;
mod enumeration;
mod faults;
mod guessing;
mod limits;
mod lockout;
mod replay;
mod sessions;
mod target;
mod web;
