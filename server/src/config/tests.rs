use super::*;

fn load_file(text: &str) -> Result<Settings, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.toml");
    std::fs::write(&file, text).unwrap();
    load(&Flags {
        config: Some(file),
        ..Flags::default()
    })
}

#[test]
fn origins_follow_from_the_address() {
    let settings = load_file("listen = \"127.0.0.1:4000\"").unwrap();
    assert_eq!(settings.public_origin, "http://localhost:4000");
    assert_eq!(settings.server_origin, "http://{label}.localhost:4000");
    assert!(
        settings.database_url.starts_with("sqlite:///"),
        "{}",
        settings.database_url
    );
}

#[test]
fn a_trailing_slash_does_no_harm() {
    let settings = load_file("public_origin = \"https://hub.example/\"").unwrap();
    assert_eq!(settings.server_origin, "https://{label}.hub.example");
}

#[test]
fn an_unknown_key_is_named() {
    let problems = load_file("[notebooks]\ntimeuot = 5").unwrap_err();
    assert!(problems[0].contains("timeuot"), "{problems:?}");
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    let problems = load_file("listen = \"everywhere\"").unwrap_err();
    assert!(problems[0].contains("listen"), "{problems:?}");
}

#[test]
fn a_missing_file_is_named_only_when_asked_for() {
    let flags = Flags {
        config: Some(PathBuf::from("/nonexistent.toml")),
        ..Flags::default()
    };
    assert_eq!(
        load(&flags).unwrap_err(),
        ["/nonexistent.toml: no such configuration file"]
    );
    assert!(load(&Flags::default()).is_ok());
}

#[test]
fn flags_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:4000\"").unwrap();
    let flags = Flags {
        config: Some(file),
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 5000))),
        ..Flags::default()
    };
    assert_eq!(load(&flags).unwrap().listen.port(), 5000);
    let source = sources(&flags)
        .find_metadata("listen")
        .unwrap()
        .name
        .clone();
    assert!(!source.contains("TOML"), "{source}");
}

#[test]
fn profiles_have_sizes() {
    for profile in default_profiles() {
        assert!(profile.resolve().is_ok());
    }
    let mut profile = default_profiles().remove(0);
    profile.memory = "lots".to_owned();
    assert!(profile.resolve().unwrap_err().contains("small"));
}
