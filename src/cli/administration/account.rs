//! `entail account`.

use std::process::ExitCode;

use crate::administration::accounts::{AccountReply, CreateAccount};
use crate::api::policy::PolicyRequest;
use crate::cli::administration::args::Account;
use crate::cli::administration::tell::{Told, tell};
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::rules::files::read_files;
use crate::cli::run::SUCCESS;
use crate::cli::source::Source;

/// Does what a verb of `account` says.
pub(in crate::cli) fn run(common: &Common, account: &Account) -> Result<ExitCode, Failure> {
    let Account::Create { account, user, pack, name } = account.clone();
    let PolicyRequest { main, files } = read_files(&pack)?;
    let request = CreateAccount { account, user, name, pack: main, files };
    tell(common, &Source::open_or_make(common)?.ask(request)?)?;
    Ok(SUCCESS)
}

impl Told for AccountReply {
    fn lines(&self) -> Vec<String> {
        let role = self.role.as_ref().map(|role| format!(", {role}")).unwrap_or_default();
        vec![format!("made {} with {}{role}, at revision {}", self.account, self.user, self.revision)]
    }
}
