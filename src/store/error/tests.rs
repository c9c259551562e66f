//! Each code is in the table, and each message reads as the style asks.

use std::io;

use super::*;

fn too_long(what: Bounded) -> StoreError {
    StoreError::TooLong { what, bytes: 513, limit: 512, begins: "xxx".to_owned() }
}

/// An error of each code, with its message.
fn each() -> Vec<(StoreError, &'static str)> {
    let directory = || PathBuf::from("data");
    let (one, two) = (Revision(1), Revision(2));
    let refusal = || io::Error::from(io::ErrorKind::PermissionDenied);
    vec![
        (StoreError::Held { directory: directory(), process: Some(7) }, "the store in `data` is held by process 7"),
        (StoreError::Held { directory: directory(), process: None }, "the store in `data` is held by another process"),
        (StoreError::Newer { found: "format 2".to_owned() }, "the store was written by a newer release (format 2)"),
        (StoreError::Foreign { directory: directory() }, "`data` isn't empty and holds no store"),
        (
            StoreError::damaged(TenantId(3), two, "an entry of the log is missing"),
            "the data of tenant number 3 is damaged at revision 2: an entry of the log is missing",
        ),
        (
            StoreError::damaged(TenantId(3), two, "an entry of the log is missing")
                .naming(&BTreeMap::from([("acme".to_owned(), TenantId(3))])),
            "the data of tenant `acme` is damaged at revision 2: an entry of the log is missing",
        ),
        (StoreError::broken("the watermark is missing"), "the data is damaged: the watermark is missing"),
        (
            StoreError::BackupDamaged { found: "it ends before its end".to_owned() },
            "this isn't a whole backup: it ends before its end",
        ),
        (StoreError::NotEmpty { directory: directory() }, "the directory `data` isn't empty"),
        (StoreError::Failed, "an earlier write failed, and nothing is written since"),
        (StoreError::io("open the lock file")(refusal()), "can't open the lock file: permission denied"),
        (StoreError::RevisionMismatch { expected: one, head: two }, "revision 1 was expected, but the tenant is at 2"),
        (StoreError::RevisionAhead { asked: two, head: one }, "revision 2 was asked for, but the tenant is at 1"),
        (StoreError::UnknownTenant { tenant: "eu".to_owned() }, "there is no tenant `eu`"),
        (StoreError::TenantExists { name: "eu".to_owned() }, "there is a tenant `eu` already"),
        (too_long(Bounded::Id), "the id that begins `xxx` has 513 bytes, and 512 are allowed"),
        (too_long(Bounded::Name), "the name that begins `xxx` has 513 bytes, and 512 are allowed"),
        (too_long(Bounded::Text), "the text that begins `xxx` has 513 bytes, and 512 are allowed"),
        (too_long(Bounded::Fact), "the fact that begins `xxx` has 513 bytes, and 512 are allowed"),
        (too_long(Bounded::Policy), "the policy that begins `xxx` has 513 bytes, and 512 are allowed"),
        (StoreError::Mismatch { found: "the fact `r(1)` isn't stored".to_owned() }, "the fact `r(1)` isn't stored"),
    ]
}

#[test]
fn each_error_says_what_is_wrong_and_what_to_do() {
    for (error, message) in each() {
        assert_eq!(error.message(), message);
        assert!(error.help().ends_with('.'), "{message}");
    }
}

#[test]
fn the_table_has_each_code_once_and_no_other() {
    let mut codes: Vec<_> = each().iter().map(|(error, _)| error.code()).collect();
    codes.dedup();
    assert_eq!(codes, CODES.iter().map(|(code, _)| *code).collect::<Vec<_>>());
}
