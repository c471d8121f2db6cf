//! Many people who set up numbers and never prove them (A41), through the door of the set-up.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use super::{
    browser::{Browser, code_in, letters, texted_code},
    world::{ANN, ANNS_NUMBER, BEA, World, password_of},
};
use crate::{
    ceremony::by_operator::Lost,
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
    secs_apart: u64,
}

const SCATTERED: Row =
    Row { number: scattered, network: many_networks, is_of_many_companies: false, secs_apart: 60 };

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
        world.pass_secs(row.secs_apart);
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
    let row = SCATTERED;
    let everywhere = Row { is_of_many_companies: true, ..row };
    // Two more than the sample, since a code has three minutes to be entered before it counts there.
    let cases = [
        ("numbers that follow each other", Row { number: adjacent, ..row }, 5, "adjacent_numbers"),
        ("one network", Row { network: one_network, ..row }, 12, "unproven_source"),
        ("one company", row, 22, "unproven_organization"),
        ("one country", everywhere, 52, "unproven_country"),
        ("one country, all at once", Row { secs_apart: 0, ..everywhere }, 100, "unproven_country"),
    ];
    for (case, row, texts, refusal) in cases {
        let mut world = World::with_phone();
        let (sent, told) = set_ups(&mut world, 102, &row);
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
    let row = Row { network: one_network, ..SCATTERED };
    let (sent, told) = set_ups(&mut world, 13, &row);
    assert_eq!((sent, told.as_str()), (12, "unproven_source"));
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
    let row = Row { number: |_| "+15125550134".into(), is_of_many_companies: true, ..SCATTERED };
    let (sent, told) = set_ups(&mut world, 20, &row);
    assert_eq!((sent, told.as_str()), (5, "number_budget"));
    assert_eq!(letters(&world).filter(|(message, _)| message.channel == Channel::Sms).count(), 5);
}

/// A10, A41: strangers who type a number spend what set-ups may send to it, and not its owner's way in.
#[test]
fn atk_41_strangers_who_type_a_number_do_not_keep_its_owner_out() {
    let mut world = World::with_phone();
    let row = Row { number: |_| ANNS_NUMBER.into(), is_of_many_companies: true, ..SCATTERED };
    let (sent, told) = set_ups(&mut world, 6, &row);
    assert_eq!((sent, told.as_str()), (5, "number_budget"));
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
    world.pass(Duration::from_hours(1));
    let mut bea = Browser::new(3);
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    assert_eq!(bea.begin_enrollment(&mut world, &password_of(BEA), ""), "done");
    for wait in [0, 30, 60, 120] {
        world.pass_secs(wait);
        assert_eq!(bea.choose_phone(&mut world, ANNS_NUMBER), "texted");
    }
    world.pass(Duration::from_hours(1));
    assert_eq!(bea.sign_in(&mut world, BEA, &password_of(BEA)), "signed in");
    assert_eq!(bea.begin_enrollment(&mut world, &password_of(BEA), ""), "done");
    assert_eq!(bea.choose_phone(&mut world, ANNS_NUMBER), "texted");
    assert_eq!(bea.begin_enrollment(&mut world, &password_of(BEA), ""), "done");
    assert_eq!(bea.choose_phone(&mut world, ANNS_NUMBER), "number_budget_of_day");
    assert_eq!(Browser::new(2).sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
}

/// A41: the own number at the end of a row of others' makes those no less unproven.
#[test]
fn atk_41_a_number_that_is_proved_forgives_no_other_of_the_same_set_up() {
    let mut world = World::new();
    let mut told = Vec::new();
    let mut cheat = Browser::new(9);
    for round in 0..4 {
        assert_eq!(cheat.sign_in(&mut world, ANN, &password_of(ANN)), "signed in");
        assert_eq!(cheat.begin_enrollment(&mut world, &password_of(ANN), ""), "done");
        for place in 0..3 {
            told.push(cheat.choose_phone(&mut world, &scattered(3 * round + place)));
        }
        if cheat.choose_phone(&mut world, ANNS_NUMBER) == "texted" {
            let code = texted_code(&world, ANN);
            assert_eq!(cheat.confirm(&mut world, &code), "done");
            Browser::reset(&mut world, ANN, Lost::SecondFactors);
        }
        world.pass_secs(300);
    }
    assert_eq!(told.iter().filter(|told| *told == "texted").count(), 5);
    assert!(told[6..].iter().all(|told| told == "account_budget"), "{told:?}");
    assert_eq!(world.unproven_within(Duration::from_hours(24), |_| true), 5);
}

/// P4: a room full of people who set up their phones together opens no breaker and spends no budget: a code
/// counts as unproven only once it had time, and then it is entered.
#[test]
fn thirty_people_may_set_up_their_phones_behind_one_address_at_once() {
    let mut world = World::new();
    let mut under_way = VecDeque::new();
    let names: Vec<String> = (0..30).map(|place| format!("pat{place}")).collect();
    for (place, name) in (0..).zip(&names) {
        world.hire(name);
        let mut browser = Browser::new(1);
        browser.visitor.source = IpAddr::V4(one_network(0));
        assert_eq!(browser.sign_in(&mut world, name, &password_of(name)), "signed in");
        assert_eq!(browser.begin_enrollment(&mut world, &password_of(name), ""), "done");
        assert_eq!(browser.choose_phone(&mut world, &scattered(place)), "texted", "{name}");
        under_way.push_back((browser, world.codes.len() - 1));
        world.pass_secs(5);
        // Everybody needs a minute and a half to type it.
        if under_way.len() == 18 {
            finish(&mut world, under_way.pop_front().unwrap());
        }
    }
    for one in under_way {
        finish(&mut world, one);
    }
    assert_eq!(world.accepted_codes.len(), 30);
    assert_eq!(alerts(&world), []);
}

/// Types the code that stands at this place of all that were texted.
fn finish(world: &mut World, (mut browser, place): (Browser, usize)) {
    let message = world.codes[place].sent.message.clone();
    let text = world.outbox.iter().find(|text| text.id == message).unwrap();
    let code = code_in(text).unwrap();
    assert_eq!(browser.confirm(world, &code), "done");
}
