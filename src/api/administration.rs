//! The front desk's routes: roles, users, teams, records and the catalogue of whatever product the policy is for.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::administration::access::{AccessReply, ListAccess, RoleAccessReply, ShowRoleAccess};
use crate::administration::accounts::{AccountReply, CreateAccount};
use crate::administration::catalogue::{CatalogueReply, ShowCatalogue};
use crate::administration::records::{RecordReply, ShareRecord, ShowRecord, TransferRecords, UnshareRecord};
use crate::administration::reply::{Done, Made, Moved};
use crate::administration::roles::{ChangeRole, CreateRole, DeleteRole, ListRoles, RoleReply, RolesReply, ShowRole};
use crate::administration::teams::{ChangeTeam, CreateTeam, DeleteTeam, ListTeams, TeamsReply};
use crate::administration::users::{AdjustUser, ChangeUser, InviteUser, LeavePlace, ListUsers, RemoveUser, UsersReply};
use crate::api::access::{Operator, Reader, Writer};
use crate::api::app::{Shared, answer, change, review};
use crate::api::body::{CHANGE_BYTES, QUESTION_BYTES};
use crate::api::json::Json;
use crate::api::media::{CSV, WantsTable};
use crate::api::problem::Problem;
use crate::api::request::Request;
use crate::engine::engine::Engine;

/// A request of the front desk as one of the wire. A question may wait for a revision.
macro_rules! request {
    (question $request:ty => $reply:ty, $route:literal) => {
        impl Request for $request {
            const ROUTE: &'static str = $route;
            type Reply = $reply;

            fn tokens(&self) -> Vec<&str> {
                self.at.as_deref().into_iter().collect()
            }

            fn answer(self, engine: &Engine, tenant: &str) -> Result<$reply, Problem> {
                Ok(<$request>::answer(self, engine, tenant)?)
            }
        }
    };
    (change $request:ty => $reply:ty, $route:literal) => {
        impl Request for $request {
            const ROUTE: &'static str = $route;
            type Reply = $reply;

            fn answer(self, engine: &Engine, tenant: &str) -> Result<$reply, Problem> {
                Ok(<$request>::answer(self, engine, tenant)?)
            }
        }
    };
}

/// A route: its handler, its entry in the OpenAPI document, and the request that it takes. A question needs a reader's key, and
/// a table is answered as one too, by `Accept: text/csv`, and says whose turn it takes; a change says which key it needs.
macro_rules! route {
    ($(#[doc = $doc:literal])+ question $name:ident at $route:literal: $request:ty => $reply:ty) => {
        request! { question $request => $reply, $route }

        $(#[doc = $doc])+
        #[utoipa::path(
            post,
            path = concat!("/v1/tenants/{tenant}/", $route),
            tag = "administration",
            params(("tenant" = String, Path, description = "Whose data")),
            request_body = $request,
            responses(
                (status = 200, description = "The answer", body = $reply),
                (status = "default", description = "No answer", body = Problem,
                    content_type = "application/problem+json"),
            )
        )]
        async fn $name(
            State(app): State<Shared>,
            Reader(tenant): Reader,
            Json(request): Json<$request, QUESTION_BYTES>,
        ) -> Result<axum::Json<$reply>, Problem> {
            answer(app, tenant, request).await.map(axum::Json)
        }
    };
    ($(#[doc = $doc:literal])+ table $turn:ident $name:ident at $route:literal: $request:ty => $reply:ty) => {
        request! { question $request => $reply, $route }

        $(#[doc = $doc])+
        #[utoipa::path(
            post,
            path = concat!("/v1/tenants/{tenant}/", $route),
            tag = "administration",
            params(("tenant" = String, Path, description = "Whose data")),
            request_body = $request,
            responses(
                (status = 200, description = "The answer; by `Accept: text/csv` a table",
                    content(($reply = "application/json"), (String = "text/csv"))),
                (status = "default", description = "No answer", body = Problem,
                    content_type = "application/problem+json"),
            )
        )]
        async fn $name(
            State(app): State<Shared>,
            Reader(tenant): Reader,
            WantsTable(table): WantsTable,
            Json(request): Json<$request, QUESTION_BYTES>,
        ) -> Result<Response, Problem> {
            let reply = $turn(app, tenant, request).await?;
            Ok(match table {
                true => ([(CONTENT_TYPE, CSV)], reply.csv()?).into_response(),
                false => axum::Json(reply).into_response(),
            })
        }
    };
    ($(#[doc = $doc:literal])+ change $name:ident at $route:literal: $request:ty => $reply:ty, $key:ident) => {
        request! { change $request => $reply, $route }

        $(#[doc = $doc])+
        #[utoipa::path(
            post,
            path = concat!("/v1/tenants/{tenant}/", $route),
            tag = "administration",
            params(("tenant" = String, Path, description = "Whose data")),
            request_body = $request,
            responses(
                (status = 200, description = "It is durable, and every later question sees it", body = $reply),
                (status = "default", description = "Nothing was written", body = Problem,
                    content_type = "application/problem+json"),
            )
        )]
        async fn $name(
            State(app): State<Shared>,
            $key(tenant): $key,
            Json(request): Json<$request, CHANGE_BYTES>,
        ) -> Result<axum::Json<$reply>, Problem> {
            change(app, move |app| Request::answer(request, &app.engine, &tenant).map(axum::Json)).await
        }
    };
}

route! {
    /// The catalogue of permissions.
    question show_catalogue at "catalogue": ShowCatalogue => CatalogueReply
}
route! {
    /// Lists roles.
    question list_roles at "roles/list": ListRoles => RolesReply
}
route! {
    /// A role with its whole configuration.
    question show_role at "roles/show": ShowRole => RoleReply
}
route! {
    /// Makes a role, blank or as another one is.
    change create_role at "roles/create": CreateRole => Made, Writer
}
route! {
    /// Renames, describes or configures a role.
    change change_role at "roles/change": ChangeRole => Done, Writer
}
route! {
    /// Deletes a role, and gives its users another one.
    change delete_role at "roles/delete": DeleteRole => Moved, Writer
}
route! {
    /// Lists users with their roles and teams.
    question list_users at "users/list": ListUsers => UsersReply
}
route! {
    /// Makes a user.
    change invite_user at "users/invite": InviteUser => Made, Writer
}
route! {
    /// Changes a user's role or name.
    change change_user at "users/change": ChangeUser => Done, Writer
}
route! {
    /// Grants a user a permission of their own, or takes one from them, where the pack has such a thing.
    change adjust_user at "users/adjust": AdjustUser => Done, Writer
}
route! {
    /// Removes a user.
    change remove_user at "users/remove": RemoveUser => Moved, Writer
}
route! {
    /// Takes the role away that a user has in a place.
    change leave_place at "users/leave": LeavePlace => Done, Writer
}
route! {
    /// Lists teams.
    question list_teams at "teams/list": ListTeams => TeamsReply
}
route! {
    /// Makes a team.
    change create_team at "teams/create": CreateTeam => Made, Writer
}
route! {
    /// Renames a team, or changes its members.
    change change_team at "teams/change": ChangeTeam => Done, Writer
}
route! {
    /// Deletes a team.
    change delete_team at "teams/delete": DeleteTeam => Done, Writer
}
route! {
    /// A record's owner and shares.
    question show_record at "records/show": ShowRecord => RecordReply
}
route! {
    /// Shares a record with a user, a team, a role or a place.
    change share_record at "records/share": ShareRecord => Done, Writer
}
route! {
    /// Ends the sharing of a record.
    change unshare_record at "records/unshare": UnshareRecord => Done, Writer
}
route! {
    /// Gives records another owner.
    change transfer_records at "records/transfer": TransferRecords => Moved, Writer
}

route! {
    /// Who holds which permissions, and where they come from.
    table review list_access at "access/list": ListAccess => AccessReply
}
route! {
    /// What a role gives, and to whom.
    table answer show_role_access at "access/role": ShowRoleAccess => RoleAccessReply
}
route! {
    /// Makes the tenant: its policy, an account and the account's first user; all or nothing.
    change create_account at "accounts/create": CreateAccount => AccountReply, Operator
}

/// The routes, for the router.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show_catalogue))
        .routes(routes!(list_roles))
        .routes(routes!(show_role))
        .routes(routes!(create_role))
        .routes(routes!(change_role))
        .routes(routes!(delete_role))
        .routes(routes!(list_users))
        .routes(routes!(invite_user))
        .routes(routes!(change_user))
        .routes(routes!(leave_place))
        .routes(routes!(adjust_user))
        .routes(routes!(remove_user))
        .routes(routes!(list_teams))
        .routes(routes!(create_team))
        .routes(routes!(change_team))
        .routes(routes!(delete_team))
        .routes(routes!(show_record))
        .routes(routes!(share_record))
        .routes(routes!(unshare_record))
        .routes(routes!(transfer_records))
        .routes(routes!(list_access))
        .routes(routes!(show_role_access))
        .routes(routes!(create_account))
}
