//! How the table is reached: by the environment, or by what a profile says.

use std::fs;

use crate::world::{Ran, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_or_a_program_has_what_the_environment_has_not() {
    let world = World::start().await;
    world.write("a", &["GET/a"]);
    let config = world.temporary.path().join("config");
    let keys = r#"{"Version":1,"AccessKeyId":"development","SecretAccessKey":"development"}"#;
    fs::write(
        &config,
        format!(
            "[profile kept]\nregion = eu-west-1\naws_access_key_id = development\n\
             aws_secret_access_key = development\n\n\
             [profile asked]\nregion = eu-west-1\ncredential_process = echo '{keys}'\n\n\
             [profile empty]\nregion = eu-west-1\n"
        ),
    )
    .unwrap();
    let run = |profile: &str| {
        let mut command = world.command(&["apply", "--yes"]);
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env_remove(name);
        }
        command.env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", profile);
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        Ran::of(tokio::task::block_in_place(|| command.output().unwrap()))
    };
    assert_eq!(run("kept").code, Some(0));
    assert_eq!(world.row("a", 0).await.unwrap()["version"], 1);
    let ran = run("asked");
    assert!(ran.code == Some(0) && ran.out.contains("nothing to write"), "{ran:?}");
    let ran = run("empty");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("the request to the table could not be made"), "{ran:?}");
    let ran = run("nobody");
    assert!(ran.code == Some(2) && ran.err.contains("which region?"), "{ran:?}");
}
