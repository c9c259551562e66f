//! Small policies, each with one thing about escalations.

/// Folders: who may share a folder shares it with themselves for any permission.
pub(crate) const SHARING: &str = r#"
open type user, folder.
relation editor(folder, user).
relation shared(folder, user, permission).
can(U, P, X) :- shared(X, U, P).
can(U, folder.view, X) :- editor(X, U).
guard shared(X, _, _) by A :- can(A, folder.share, X).
permission folder.share on folder "Share".
permission folder.view on folder "View".
permission folder.delete on folder "Delete".
"#;

/// The same, but one may share only what one has.
pub(crate) const SHARING_WHAT_ONE_HAS: &str = r#"
open type user, folder.
relation shared(folder, user, permission).
can(U, P, X) :- shared(X, U, P).
guard shared(X, _, P) by A :- can(A, folder.share, X), can(A, P, X).
permission folder.share on folder "Share".
permission folder.view on folder "View".
permission folder.delete on folder "Delete".
"#;

/// An invited user is given a role by an effect, and lends a hand.
pub(crate) const INVITED: &str = r#"
type user, role, site.
relation role_of(user, site) -> role.
relation enabled(role, permission).
role(role:helper).
enabled(role:helper, site.promote).
can(U, P, X) :- role_of(U, X, R), enabled(R, P).
+role_of(U, X, role:helper) :- +user(U), site(X).
guard +user(U) by A :- +user(U), can(A, site.invite, _).
guard role_of(_, X, _) by A :- can(A, site.promote, X).
permission site.invite on site "Invite".
permission site.promote on site "Promote".
permission site.close on site "Close".
"#;

/// Teams: joining one gives what is shared with it; groups hold groups.
pub(crate) const TEAMS: &str = r#"
open type user, team, doc.
relation member(team, user | team#member).
relation viewer(doc, team#member).
in(T#member, U) :- member(T, U), user(U).
in(T#member, U) :- member(T, S#member), in(S#member, U).
can(U, doc.view, D) :- viewer(D, T#member), in(T#member, U).
can(U, team.manage, T) :- owner(T, U).
can(U, team.rename, T) :- owner(T, U).
relation owner(team) -> user.
guard member(T, _) by A :- can(A, team.manage, T).
permission team.manage on team "Manage a team".
permission team.rename on team "Rename a team".
permission doc.view on doc "View".
"#;

/// A veto that somebody may lift: what isn't held for a `not` may be held once a fact is deleted.
pub(crate) const VETO: &str = r#"
open type user, doc.
relation public(doc), sealed(doc).
relation archivist(user), clerk(user).
can(U, doc.view, D) :- public(D), user(U), not sealed(D).
can(U, doc.unseal, D) :- archivist(U), sealed(D).
can(U, doc.stamp, D) :- clerk(U), doc(D).
guard -sealed(D) by A :- can(A, doc.unseal, D).
permission doc.view on doc "View".
permission doc.unseal on doc "Unseal".
permission doc.stamp on doc "Stamp".
"#;

/// Nobody may write anything.
pub(crate) const NOTHING: &str = r#"
open type user, doc.
relation owner(doc) -> user.
can(U, doc.edit, D) :- owner(D, U).
can(U, doc.view, D) :- can(U, doc.edit, D).
permission doc.edit on doc "Edit".
permission doc.view on doc "View".
"#;

/// What one creates oneself is no gain; what one takes over is.
pub(crate) const OWNING: &str = r#"
open type user, doc.
type desk.
relation owner(doc) -> user.
relation clerk(user, desk), heir(user, desk).
can(U, doc.edit, D) :- owner(D, U).
can(U, desk.create, X) :- clerk(U, X).
can(U, desk.inherit, X) :- heir(U, X).
guard +doc(D) | +owner(D, A) by A :- +doc(D), +owner(D, A), can(A, desk.create, _).
guard owner(D, A) by A :- doc(D), can(A, desk.inherit, _).
permission doc.edit on doc "Edit".
permission desk.create on desk "Create".
permission desk.inherit on desk "Inherit".
"#;

/// Anybody may make themselves a member.
pub(crate) const OPEN_DOOR: &str = r#"
open type user, club.
relation member(club, user), chair(club, user).
can(U, club.enter, C) :- member(C, U).
can(U, club.close, C) :- chair(C, U).
guard member(_, A) by A :- user(A).
permission club.enter on club "Enter".
permission club.close on club "Close".
"#;

/// A built-in group that only the operator fills, beside one that stewards fill.
pub(crate) const RANKS: &str = r#"
open type user, site.
type rank.
relation has(user) -> rank.
relation steward(user, site).
rank(rank:root).
rank(rank:staff).
can(U, site.wipe, X) :- has(U, rank:root), site(X).
can(U, site.read, X) :- has(U, rank:staff), site(X).
can(U, site.hire, X) :- steward(U, X).
deny "root is the operator's to give" :- has(U, rank:root), site(X), hired(U, X).
relation hired(user, site).
guard has(_, rank:staff) by A :- can(A, site.hire, _).
permission site.wipe on site "Wipe".
permission site.read on site "Read".
permission site.hire on site "Hire".
"#;

/// All of them.
pub(crate) const ALL: [(&str, &str); 9] = [
    ("sharing", SHARING),
    ("sharing what one has", SHARING_WHAT_ONE_HAS),
    ("invited", INVITED),
    ("teams", TEAMS),
    ("veto", VETO),
    ("nothing", NOTHING),
    ("owning", OWNING),
    ("open door", OPEN_DOOR),
    ("ranks", RANKS),
];
