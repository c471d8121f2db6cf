//! Packages from Debian, of which no service is started: every test starts its own, on its own ports.

use std::process::Command;

use crate::Outcome;
use crate::shell;

/// Installs as root: by `sudo` where this is somebody else, who then sees its question for the password.
pub(super) fn install(packages: &[&str]) -> Outcome {
    if shell::find("apt-get").is_none() {
        return Err(format!(
            "only Debian's apt-get can be used here; install by hand what gives: {}",
            packages.join(", ")
        ));
    }
    println!("installing with apt-get: {}", packages.join(", "));
    println!(
        "(services among them stay off now, but the next boot starts them: disable what you do not want)"
    );
    let mut command = if shell::is_root()? {
        Command::new("sh")
    } else if shell::find("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("sh");
        sudo
    } else {
        return Err("installing needs root or sudo; `--no-install` names what is missing".into());
    };
    shell::output(command.args(["-c", INSTALL_SCRIPT, "install"]).args(packages))?;
    Ok(())
}

/// Installs its arguments. A machine that has its own say in what is started (`policy-rc.d`) keeps it. Postfix
/// comes without a configuration, so that it serves nobody and sends nothing.
const INSTALL_SCRIPT: &str = r#"
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
case " $* " in
*' postfix '*) echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
esac
apt-get update
apt-get install -y --no-install-recommends "$@"
"#;
