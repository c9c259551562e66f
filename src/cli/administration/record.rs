//! `entail record`.

use std::process::ExitCode;

use crate::administration::records::{RecordReply, Share, ShareRecord, ShowRecord, TransferRecords, UnshareRecord};
use crate::cli::administration::args::Record;
use crate::cli::administration::tell::{Told, ask_and_tell, cells};
use crate::cli::args::Common;
use crate::cli::failure::Failure;

/// Does what a verb of `record` says.
pub(in crate::cli) fn run(common: &Common, record: &Record) -> Result<ExitCode, Failure> {
    match record.clone() {
        Record::Show { record, fresh } => ask_and_tell(common, ShowRecord { record, at: fresh.at }),
        Record::Share { record, with, permissions, acting } => {
            ask_and_tell(common, ShareRecord { record, with, permissions, actor: acting.actor })
        }
        Record::Unshare { record, with, permissions, acting } => {
            ask_and_tell(common, UnshareRecord { record, with, permissions, actor: acting.actor })
        }
        Record::Transfer { to, records, from, acting } => {
            ask_and_tell(common, TransferRecords { records, from, to, actor: acting.actor })
        }
    }
}

impl Told for RecordReply {
    fn lines(&self) -> Vec<String> {
        let owner = self.owner.iter().map(|owner| cells(&["owner", owner]));
        let share = |Share { with, permission }: &Share| cells(&["shared", with, permission]);
        owner.chain(self.shares.iter().map(share)).collect()
    }
}
