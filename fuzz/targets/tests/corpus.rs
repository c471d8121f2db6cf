//! What the fuzzer kept, once more: with any compiler, in a second.

use std::{collections::BTreeSet, fs, path::Path};

use countersign_fuzz_targets::ALL;

#[test]
fn every_input_that_was_kept_passes_its_target() {
    for (name, target) in ALL {
        let inputs: Vec<_> = fs::read_dir(folder("corpus").join(name)).unwrap().collect();
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            target(&fs::read(input.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn every_target_is_known_to_the_fuzzer_and_the_other_way_round() {
    let files = fs::read_dir(folder("fuzz_targets")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let known: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, known);
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for name in known {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}
