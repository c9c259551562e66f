//! The words of the administrators' verbs.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Who does it.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Acting {
    /// Who does it, user:ana: guards judge it; without it, you are the operator
    #[arg(long = "as", value_name = "SUBJECT")]
    pub(super) actor: Option<String>,
}

/// Which place is meant.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct In {
    /// The account, or what else has roles: account:acme; not needed where there is one
    #[arg(long, value_name = "PLACE")]
    pub(super) place: Option<String>,
}

/// The answer's freshness.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Fresh {
    /// The answer must be at least as fresh as this revision
    #[arg(long, value_name = "TOKEN")]
    pub(super) at: Option<String>,
}

/// What is set of a role's permissions.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Set {
    /// A switch or a scope: billing.manage=on, sequence.view=teammates, task.access=none; may be given several times
    #[arg(long = "set", value_name = "PERMISSION=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (permission, value) = text.split_once('=').ok_or_else(|| String::from("write `billing.manage=on`"))?;
    Ok((permission.trim().to_owned(), value.trim().to_owned()))
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum Account {
    /// A new tenant with an account and its first user, all or nothing
    Create {
        /// account:acme
        account: String,
        /// The first user, user:ana, who becomes the account's admin
        user: String,
        /// A shipped pack, sales.dl, or a file of rules
        #[arg(long, value_name = "FILE")]
        pack: PathBuf,
        /// What people call the first user
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum Role {
    /// The roles there are: id, name, who made it, number of users, place
    List {
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        fresh: Fresh,
    },
    /// A role's whole configuration, by category
    Show {
        /// Its id, or its name
        role: String,
        #[command(flatten)]
        fresh: Fresh,
    },
    /// Make a role, blank or as another one is
    Create {
        /// What people call it
        name: String,
        /// Its id, role:lead; without it one is made from the name
        #[arg(long, value_name = "ROLE")]
        id: Option<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// The role whose configuration it begins with
        #[arg(long, value_name = "ROLE")]
        copy_of: Option<String>,
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        acting: Acting,
    },
    /// Rename, describe or configure a role
    Change {
        /// Its id, or its name
        role: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// Its new description; an empty one takes it away
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        set: Set,
        #[command(flatten)]
        acting: Acting,
    },
    /// Delete a role, and give its users another one
    Delete {
        /// Its id, or its name
        role: String,
        /// The role that its users get; without it the default role
        #[arg(long, value_name = "ROLE")]
        to: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum User {
    /// The users there are: id, name, roles, teams
    List {
        /// Only those with this role
        #[arg(long)]
        role: Option<String>,
        /// Only those in this team
        #[arg(long)]
        team: Option<String>,
        /// At most so many; where the next ones begin is said on standard error
        #[arg(long, value_name = "N")]
        limit: Option<NonZeroUsize>,
        /// Where the page before ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        fresh: Fresh,
    },
    /// Make a user
    Invite {
        /// user:ana, or an address of mail
        user: String,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
        /// Their role; without it the default role
        #[arg(long)]
        role: Option<String>,
        /// A team they join; may be given several times
        #[arg(long = "team", value_name = "TEAM")]
        teams: Vec<String>,
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        acting: Acting,
    },
    /// Give a user another role or name
    Change {
        /// user:ana
        user: String,
        /// Their role, which replaces the one that they have in the place
        #[arg(long)]
        role: Option<String>,
        /// What people call them from now on
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        acting: Acting,
    },
    /// Take away the role that a user has in a place; the user stays
    Leave {
        /// user:ana
        user: String,
        /// workspace:sales
        place: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// A permission of their own over those of the role: granted, removed, or none
    Adjust {
        /// user:ana
        user: String,
        permission: String,
        /// granted, removed, none
        adjustment: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Remove a user, with every fact that mentions them
    Remove {
        /// user:ana
        user: String,
        /// Who owns their records from now on; without it nobody does
        #[arg(long, value_name = "USER")]
        records_to: Option<String>,
        /// Their records go with them
        #[arg(long, conflicts_with = "records_to")]
        delete_records: bool,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum Team {
    /// The teams there are: id, name, number of members, place
    List {
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        fresh: Fresh,
    },
    /// Make a team
    Create {
        /// What people call it
        name: String,
        /// Its id, team:eu; without it one is made from the name
        #[arg(long, value_name = "TEAM")]
        id: Option<String>,
        /// A first member, user:ana; may be given several times
        #[arg(long = "member", value_name = "USER")]
        members: Vec<String>,
        #[command(flatten)]
        at_place: In,
        #[command(flatten)]
        acting: Acting,
    },
    /// Rename a team, or change its members
    Change {
        /// Its id, or its name
        team: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// A user who joins it; may be given several times
        #[arg(long, value_name = "USER")]
        add: Vec<String>,
        /// A user who leaves it; may be given several times
        #[arg(long, value_name = "USER")]
        remove: Vec<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Delete a team, with every fact that mentions it
    Delete {
        /// Its id, or its name
        team: String,
        #[command(flatten)]
        acting: Acting,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum Record {
    /// A record's owner, and with whom it is shared
    Show {
        /// sequence:42
        record: String,
        #[command(flatten)]
        fresh: Fresh,
    },
    /// Share a record
    Share {
        /// sequence:42
        record: String,
        /// user:ana, team:eu, role:lead, account:acme
        with: String,
        /// What they may do from now on
        #[arg(required = true, value_name = "PERMISSION")]
        permissions: Vec<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// End the sharing of a record
    Unshare {
        /// sequence:42
        record: String,
        /// user:ana, team:eu, role:lead, account:acme
        with: String,
        /// What they may no longer do by this share; without it all that they might
        #[arg(value_name = "PERMISSION")]
        permissions: Vec<String>,
        #[command(flatten)]
        acting: Acting,
    },
    /// Give records another owner
    Transfer {
        /// Who owns them from now on, user:ana
        to: String,
        /// sequence:42; or `--from`, for all of a user's
        #[arg(required_unless_present = "from", value_name = "RECORD")]
        records: Vec<String>,
        /// A user, for all records that they own
        #[arg(long, value_name = "USER")]
        from: Option<String>,
        #[command(flatten)]
        acting: Acting,
    },
}

/// The form of an answer.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Form {
    /// As a table for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    pub(super) csv: bool,
    #[command(flatten)]
    pub(super) fresh: Fresh,
}

#[derive(Clone, Debug, Subcommand)]
pub(in crate::cli) enum Access {
    /// Every permission of a user: on which type, on how many objects, and where it comes from
    User {
        /// user:ana
        user: String,
        /// Only on this object
        #[arg(long)]
        object: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Everyone who holds a permission, and where it comes from
    Permission {
        permission: String,
        /// Only on this object
        #[arg(long)]
        object: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// What a role gives, and its users
    Role {
        /// Its id, or its name
        role: String,
        #[command(flatten)]
        form: Form,
    },
    /// Every permission of everyone
    All {
        #[command(flatten)]
        form: Form,
    },
}
