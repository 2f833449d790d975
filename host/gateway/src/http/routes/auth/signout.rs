//! `POST /api/auth/signout`: ends the login behind the cookie, or all logins of its user.

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use wagate_storage::audit::Outcome;

use super::{form, has_csrf_token, is_secure, lead_to};
use crate::auth::need::Need;
use crate::auth::principal::Principal;
use crate::http::cookies::{self, NewCookie};
use crate::http::error::ApiError;
use crate::http::gate::{NoEntry, Words, csrf_refused};
use crate::http::state::ApiState;
use crate::http::{audit, gate};

/// The form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    csrf_token: Option<String>,
    /// All logins of this user. `"true"` in a form.
    everywhere: Option<Everywhere>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Everywhere {
    Flag(bool),
    Text(String),
}

/// Answers. Who is not logged in is logged out already.
pub(crate) async fn handle(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, request_body) = request.into_parts();
    let body: Body = form::read(&state, &parts, request_body).await?;
    if let Some(who) = gate::authenticate(&parts.headers, &state).await? {
        let everywhere = match body.everywhere {
            Some(Everywhere::Flag(flag)) => flag,
            Some(Everywhere::Text(text)) => text == "true",
            None => false,
        };
        if who.login_id().is_some() && !has_csrf_token(&state, &parts, body.csrf_token.as_deref(), Some(&who))
        {
            return Ok(csrf_refused().into_response());
        }
        end(&state, &who, everywhere).await?;
        let action = if everywhere { "logout.everywhere" } else { "logout" };
        let user_id = Some(who.user_id.clone());
        audit::about_stranger(&state, &parts, action, &who.email, user_id, Outcome::Ok).await;
    }
    let mut response = lead_to(&parts, "/");
    for name in cookies::SESSION {
        let gone = NewCookie {
            name,
            value: "",
            max_age: Some(0),
            secure: is_secure(&parts),
        };
        if let Some(cookie) = gone.header() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

async fn end(state: &ApiState, who: &Principal, everywhere: bool) -> Result<(), ApiError> {
    if everywhere {
        // With a key as well, if it may decide about logins.
        who.check(Need::Myself)
            .map_err(|refusal| NoEntry::Rights(refusal).into_error(Words::Usual))?;
        state.storage.delete_logins_of(&who.user_id).await?;
    } else if let Some(login) = who.login_id() {
        state.storage.delete_login(login).await?;
    }
    state.auth.rights_changed();
    Ok(())
}
