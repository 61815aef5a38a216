//! The method that is called.

use super::random::Random;
use super::vocabulary::VOCABULARY;

/// A method ARN in its parts.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) partition: &'static str,
    pub(crate) region: &'static str,
    pub(crate) account: &'static str,
    pub(crate) api: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) verb: &'static str,
    /// `None` for a WebSocket route, whose key is the verb.
    pub(crate) path: Option<String>,
}

impl Method {
    pub(crate) fn generate(random: &mut Random) -> Self {
        let websocket = random.percent(5);
        let verb = if websocket {
            random.pick(&["$connect", "$disconnect", "$default", "sendMessage", "GET"])
        } else if random.percent(3) {
            random.pick(&["TRACE", "get", "*", "ANY", "page"])
        } else {
            random.pick(&[
                "GET", "GET", "GET", "POST", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "PUT",
            ])
        };
        Self {
            partition: random.pick(&["aws", "aws", "aws", "aws", "aws", "aws-cn"]),
            region: random.pick(&["eu-west-1", "eu-west-1", "us-east-1"]),
            account: random.pick(&["123456789012", "123456789012", "111122223333"]),
            api: random.pick(&["a1", "a1", "a1b2c3d4e5"]),
            stage: random.pick(&["prod", "prod", "test", "$default"]),
            verb,
            path: (!websocket).then(|| path(random)),
        }
    }

    pub(crate) fn arn(&self) -> String {
        let Self { partition, region, account, .. } = self;
        format!("arn:{partition}:execute-api:{region}:{account}:{}", self.tail())
    }

    /// What stands after the fifth colon.
    pub(crate) fn tail(&self) -> String {
        let route = format!("{}/{}/{}", self.api, self.stage, self.verb);
        match &self.path {
            Some(path) => format!("{route}/{path}"),
            None => route,
        }
    }
}

/// A path of up to four segments, some of them empty or strange.
pub(crate) fn path(random: &mut Random) -> String {
    let segments: Vec<String> =
        (0..random.between(0, 4)).map(|_| random.pick(&VOCABULARY.segments)).collect();
    segments.join("/")
}
