//! What an attacker tries, and what holds; each test names the attack of the threat catalog it stands for.

mod canaries;
mod codes;
mod enumeration;
mod faults;
mod floods;
mod guessing;
mod letters;
mod limits;
mod links;
mod lockout;
mod numbers;
mod operators;
mod phones;
mod proxies;
mod records;
mod replay;
mod reports;
mod revocation;
mod sending;
mod sent_codes;
mod sessions;
mod signing_out;
pub(crate) mod smuggling;
mod target;
mod texted;
mod toll_fraud;
mod web;
