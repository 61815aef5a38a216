//! The few calls of a Cognito user pool that make a user in groups, and its tokens.

use gatepost_core::secret::Secret;
use serde_json::{Value, json};

use super::{Aws, AwsCall, AwsError, COGNITO};

/// A user pool, and the client that tokens are for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UserPool {
    pub(crate) id: String,
    pub(crate) client_id: String,
}

/// What `ExplicitAuthFlows` of a client must have, for a program to get a user's tokens with a
/// password.
///
/// Source: [`AdminInitiateAuth`](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html).
pub(crate) const SIGN_IN_FLOW: &str = "ALLOW_ADMIN_USER_PASSWORD_AUTH";

/// The tokens of a sign-in.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: Secret<String>,
    pub(crate) id: Secret<String>,
}

/// What came of a sign-in.
#[derive(Debug)]
pub(crate) enum SignIn {
    /// It is done.
    Done(Tokens),
    /// The pool demands something else first, such as a second factor, by this name.
    Challenge(String),
}

impl UserPool {
    /// Makes a user who is told nothing: `AdminCreateUser` without an invitation. Returns the name
    /// by which the pool knows the user: it draws one where people sign in by their email address.
    pub(crate) async fn create_user(
        &self,
        aws: &Aws,
        user: &str,
        email: &str,
    ) -> Result<String, AwsError> {
        let body = json!({
            "UserPoolId": self.id,
            "Username": user,
            "UserAttributes": [
                { "Name": "email", "Value": email },
                { "Name": "email_verified", "Value": "true" },
            ],
            "MessageAction": "SUPPRESS",
        });
        let answer = call(aws, "AdminCreateUser", &body).await?;
        let name = answer.pointer("/User/Username").and_then(Value::as_str);
        name.map(str::to_owned).ok_or(AwsError::Garbled)
    }

    /// Gives the user a password that need not be changed: `AdminSetUserPassword`.
    pub(crate) async fn set_password(
        &self,
        aws: &Aws,
        user: &str,
        password: &Secret<String>,
    ) -> Result<(), AwsError> {
        let body = json!({
            "UserPoolId": self.id,
            "Username": user,
            "Password": password.expose(),
            "Permanent": true,
        });
        call(aws, "AdminSetUserPassword", &body).await.map(drop)
    }

    /// Takes the user away: `AdminDeleteUser`.
    pub(crate) async fn delete_user(&self, aws: &Aws, user: &str) -> Result<(), AwsError> {
        let body = json!({ "UserPoolId": self.id, "Username": user });
        call(aws, "AdminDeleteUser", &body).await.map(drop)
    }

    /// Makes a group: `CreateGroup`.
    pub(crate) async fn create_group(&self, aws: &Aws, group: &str) -> Result<(), AwsError> {
        let body = json!({
            "UserPoolId": self.id,
            "GroupName": group,
            "Description": "made by gatepost doctor, to be thrown away",
        });
        call(aws, "CreateGroup", &body).await.map(drop)
    }

    /// Takes a group away: `DeleteGroup`.
    pub(crate) async fn delete_group(&self, aws: &Aws, group: &str) -> Result<(), AwsError> {
        let body = json!({ "UserPoolId": self.id, "GroupName": group });
        call(aws, "DeleteGroup", &body).await.map(drop)
    }

    /// `AdminAddUserToGroup`.
    pub(crate) async fn join(&self, aws: &Aws, user: &str, group: &str) -> Result<(), AwsError> {
        let body = json!({ "UserPoolId": self.id, "Username": user, "GroupName": group });
        call(aws, "AdminAddUserToGroup", &body).await.map(drop)
    }

    /// `AdminRemoveUserFromGroup`.
    pub(crate) async fn leave(&self, aws: &Aws, user: &str, group: &str) -> Result<(), AwsError> {
        let body = json!({ "UserPoolId": self.id, "Username": user, "GroupName": group });
        call(aws, "AdminRemoveUserFromGroup", &body).await.map(drop)
    }

    /// Signs the user in: `AdminInitiateAuth`.
    pub(crate) async fn sign_in(
        &self,
        aws: &Aws,
        user: &str,
        password: &Secret<String>,
    ) -> Result<SignIn, AwsError> {
        let body = json!({
            "UserPoolId": self.id,
            "ClientId": self.client_id,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": user, "PASSWORD": password.expose() },
        });
        let answer = call(aws, "AdminInitiateAuth", &body).await?;
        if let Some(challenge) = answer.get("ChallengeName").and_then(Value::as_str) {
            return Ok(SignIn::Challenge(challenge.to_owned()));
        }
        let token = |name: &str| {
            let token = answer.get("AuthenticationResult")?.get(name)?.as_str()?;
            Some(Secret::new(token.to_owned()))
        };
        match (token("AccessToken"), token("IdToken")) {
            (Some(access), Some(id)) => Ok(SignIn::Done(Tokens { access, id })),
            _ => Err(AwsError::Garbled),
        }
    }
}

async fn call(aws: &Aws, action: &str, body: &Value) -> Result<Value, AwsError> {
    let target = format!("AWSCognitoIdentityProviderService.{action}");
    aws.call(&AwsCall {
        service: COGNITO,
        method: "POST",
        path: "/",
        headers: &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)],
        body: body.to_string().as_bytes(),
    })
    .await
}
