//! Many people who set up numbers and never prove them (A41), through the door of the set-up.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    browser::{Browser, letters, texted_code},
    world::{ANN, World, password_of},
};
use crate::{
    id::OrganizationId,
    letter::{AlertKind, Letter},
    message::Channel,
};

/// How the numbers and networks of a row of set-ups follow each other.
#[derive(Clone, Copy)]
struct Row {
    number: fn(u32) -> String,
    network: fn(u32) -> Ipv4Addr,
    /// Each set-up belongs to a company of its own.
    is_of_many_companies: bool,
}

/// Numbers that follow each other.
fn adjacent(place: u32) -> String {
    format!("+1512867{place:04}")
}

/// Numbers of a thousand blocks.
fn scattered(place: u32) -> String {
    format!("+1512{:03}{:04}", 200 + place / 9, 1000 + 1000 * (place % 9))
}

fn one_network(_: u32) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, 7)
}

fn many_networks(place: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0b00_0000 + (place << 8))
}

/// So many people begin a set-up each; says how many texts that led to, and what the last of them was told.
fn set_ups(world: &mut World, people: u32, row: &Row) -> (usize, String) {
    let mut told = String::new();
    for place in 0..people {
        let name = format!("pat{place}");
        world.hire(&name);
        let mut browser = Browser::new(1);
        browser.visitor.source = IpAddr::V4((row.network)(place));
        assert_eq!(browser.sign_in(world, &name, &password_of(&name)), "signed in");
        assert_eq!(browser.begin_enrollment(world, &password_of(&name), ""), "done");
        told = browser.choose_phone(world, &(row.number)(place));
        if row.is_of_many_companies && told == "texted" {
            let company = OrganizationId::from_stored(format!("org_{place}"));
            world.codes.last_mut().unwrap().sent.organization = Some(company);
        }
        assert_eq!(browser.choose_app(world), "onward", "what is not texted keeps nobody from an app");
        world.pass_secs(60);
    }
    (world.codes.len(), told)
}

fn alerts(world: &World) -> Vec<AlertKind> {
    let alerts = letters(world).filter_map(|(_, letter)| match letter {
        Letter::Alert(alert) => Some(alert.kind),
        _ => None,
    });
    alerts.collect()
}

/// A41: whichever way the numbers are spread, few are texted before the breaker opens; an operator hears of it
/// once, and people whose phones were proved go on signing in.
#[test]
fn atk_41_rows_of_numbers_that_nobody_proves_are_texted_no_more() {
    let row = Row { number: scattered, network: many_networks, is_of_many_companies: false };
    let cases = [
        ("numbers that follow each other", Row { number: adjacent, ..row }, 5, "adjacent_numbers"),
        ("one network", Row { network: one_network, ..row }, 10, "unproven_source"),
        ("one company", row, 20, "unproven_organization"),
        ("one country", Row { is_of_many_companies: true, ..row }, 50, "unproven_country"),
    ];
    for (case, row, texts, refusal) in cases {
        let mut world = World::with_phone();
        let (sent, told) = set_ups(&mut world, 60, &row);
        assert_eq!((sent, told.as_str()), (texts, refusal), "{case}");
        let expected = if refusal == "adjacent_numbers" {
            AlertKind::AdjacentNumbers
        } else {
            AlertKind::UnprovenNumbers
        };
        assert_eq!(alerts(&world), [expected], "{case}");
        assert_eq!(Browser::new(2).sign_in(&mut world, ANN, &password_of(ANN)), "signed in", "{case}");
    }
}

/// A41: numbers that are proved open no breaker, and after a day without the others it closes.
#[test]
fn a_breaker_opens_for_unproven_numbers_only_and_closes_after_a_day() {
    let mut world = World::new();
    let row = Row { number: scattered, network: one_network, is_of_many_companies: false };
    let (sent, told) = set_ups(&mut world, 12, &row);
    assert_eq!((sent, told.as_str()), (10, "unproven_source"));
    world.pass_secs(24 * 60 * 60);
    let mut ann = Browser::new(2);
    ann.visitor.source = IpAddr::V4(one_network(0));
    assert_eq!(ann.sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
    assert_eq!(ann.begin_enrollment(&mut world, &password_of(ANN), ""), "done");
    assert_eq!(ann.choose_phone(&mut world, "512 555 0134"), "texted");
    let code = texted_code(&world, ANN);
    assert_eq!(ann.confirm(&mut world, &code), "done");
}

/// A40: two people who type one number share its budget.
#[test]
fn atk_40_a_number_is_texted_five_times_an_hour_whoever_types_it() {
    let mut world = World::new();
    let row = Row { number: |_| "+15125550134".into(), network: many_networks, is_of_many_companies: true };
    let (sent, told) = set_ups(&mut world, 20, &row);
    assert_eq!((sent, told.as_str()), (5, "number_budget"));
    assert_eq!(letters(&world).filter(|(message, _)| message.channel == Channel::Sms).count(), 5);
}
