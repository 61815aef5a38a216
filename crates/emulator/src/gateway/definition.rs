//! Parts of an API that OpenAPI extensions and CloudFormation define alike, but for their spelling.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::fault::DefinitionFault;
use super::gateway_responses::{CustomResponse, ResponseHeader};
use super::http_cors::HttpCors;
use super::mapping::{Mapping, MappingError};
use super::method::{Integration, MethodVerb, MockAnswer};
use super::yaml::Place;

/// How members are named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// `IdentitySource`
    CloudFormation,
    /// `identitySource`
    OpenApi,
}

impl Spelling {
    /// The member whose name in OpenAPI is `name`.
    pub(super) fn get<'a>(self, place: &Place<'a>, name: &str) -> Option<Place<'a>> {
        match self {
            Self::CloudFormation => {
                let (first, rest) = name.split_at_checked(1)?;
                place.get(&format!("{}{rest}", first.to_ascii_uppercase()))
            }
            Self::OpenApi => place.get(name),
        }
    }

    /// The texts of a list; none if it is absent.
    fn texts(self, place: &Place<'_>, name: &str) -> Result<Vec<String>, DefinitionFault> {
        let Some(list) = self.get(place, name) else { return Ok(Vec::new()) };
        list.elements()?.iter().map(|element| element.text().map(ToOwned::to_owned)).collect()
    }
}

/// Reads what is set up for one gateway response type.
pub(super) fn gateway_response(
    spelling: Spelling,
    place: &Place<'_>,
) -> Result<CustomResponse, DefinitionFault> {
    let mut custom = CustomResponse {
        status: spelling.get(place, "statusCode").map(|it| read_status(&it)).transpose()?,
        ..CustomResponse::default()
    };
    if let Some(parameters) = spelling.get(place, "responseParameters") {
        for (name, value) in parameters.members()? {
            // Paths and query strings can be set too, and nobody sees them.
            let Some(name) = name.strip_prefix("gatewayresponse.header.") else { continue };
            custom.headers.push(ResponseHeader {
                name: read_header_name(name, &value)?,
                value: value
                    .text()?
                    .parse()
                    .map_err(|error: MappingError| value.fault(error.to_string()))?,
            });
        }
    }
    if let Some(templates) = spelling.get(place, "responseTemplates") {
        let templates = templates.members()?;
        let json = templates.iter().find(|(media_type, _)| *media_type == "application/json");
        if let Some((media_type, template)) = json.or(templates.first()) {
            let media_type = HeaderValue::from_str(media_type)
                .map_err(|_| template.fault("not the name of a media type"))?;
            custom.template = Some((media_type, template.text()?.to_owned()));
        }
    }
    Ok(custom)
}

/// Reads the CORS settings of an HTTP API.
pub(super) fn http_cors(
    spelling: Spelling,
    place: &Place<'_>,
) -> Result<HttpCors, DefinitionFault> {
    let cors = HttpCors {
        allow_origins: spelling.texts(place, "allowOrigins")?,
        allow_methods: spelling.texts(place, "allowMethods")?,
        allow_headers: spelling.texts(place, "allowHeaders")?,
        expose_headers: spelling.texts(place, "exposeHeaders")?,
        allow_credentials: spelling.get(place, "allowCredentials").is_some_and(|it| it.is_true()),
        max_age_seconds: spelling.get(place, "maxAge").map(|it| it.number()).transpose()?,
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(place.fault("cookies for every origin: API Gateway wants the origins named"));
    }
    Ok(cors)
}

/// What is said of a value that is mapped from elsewhere.
pub(super) const FIXED_VALUES: &str = "only fixed header values are emulated, in single quotes";

/// An integration, and the values of headers in it that are not fixed texts.
pub(super) struct ReadIntegration<'a> {
    pub(super) integration: Integration,
    /// The headers that it sets, with the places of their values.
    pub(super) headers: Vec<(HeaderName, Place<'a>)>,
    /// The values that are mapped from elsewhere.
    pub(super) mapped: Vec<Place<'a>>,
}

/// Reads what answers a method.
pub(super) fn integration<'a>(
    spelling: Spelling,
    verb: MethodVerb,
    place: &Place<'a>,
) -> Result<ReadIntegration<'a>, DefinitionFault> {
    let kind = spelling.get(place, "type").map(|kind| kind.text()).transpose()?.unwrap_or_default();
    let is_mock = kind.eq_ignore_ascii_case("mock");
    let mut read = ReadIntegration {
        integration: Integration::backend(),
        headers: Vec::new(),
        mapped: Vec::new(),
    };
    let mut headers = HeaderMap::new();
    let response = default_response(spelling, place)?;
    let parameters = response.as_ref().and_then(|it| spelling.get(it, "responseParameters"));
    // A proxy integration passes on what the backend says.
    let is_proxy = kind.to_ascii_lowercase().ends_with("_proxy");
    for (name, value) in parameters.filter(|_| !is_proxy).iter().flat_map(Place::members).flatten()
    {
        let Some(name) = name.strip_prefix("method.response.header.") else { continue };
        let name = read_header_name(name, &value)?;
        match value.text()?.parse() {
            Ok(Mapping::Literal(text)) => {
                let text = text.parse().map_err(|_| value.fault("not the value of a header"))?;
                headers.insert(name.clone(), text);
            }
            Ok(_) | Err(MappingError) => read.mapped.push(value.clone()),
        }
        read.headers.push((name, value));
    }
    read.integration = if is_mock && verb == MethodVerb::OPTIONS {
        let status = response.as_ref().and_then(|response| spelling.get(response, "statusCode"));
        Integration::Mock(match response {
            None => None,
            Some(_) => Some(MockAnswer {
                status: status.map_or(Ok(StatusCode::OK), |status| read_status(&status))?,
                headers,
            }),
        })
    } else {
        Integration::Backend { headers }
    };
    Ok(read)
}

/// The response that no pattern selects, or else the first.
fn default_response<'a>(
    spelling: Spelling,
    place: &Place<'a>,
) -> Result<Option<Place<'a>>, DefinitionFault> {
    match spelling {
        Spelling::OpenApi => {
            let Some(responses) = place.get("responses") else { return Ok(None) };
            if let Some(default) = responses.get("default") {
                return Ok(Some(default));
            }
            Ok(responses.members()?.into_iter().next().map(|(_, response)| response))
        }
        Spelling::CloudFormation => {
            let Some(responses) = place.get("IntegrationResponses") else { return Ok(None) };
            let responses = responses.elements()?;
            let default = responses.iter().find(|it| it.get("SelectionPattern").is_none());
            Ok(default.or(responses.first()).cloned())
        }
    }
}

fn read_status(place: &Place<'_>) -> Result<StatusCode, DefinitionFault> {
    let number = u16::try_from(place.number()?).ok();
    number
        .and_then(|number| StatusCode::from_u16(number).ok())
        .ok_or_else(|| place.fault("not a status code"))
}

fn read_header_name(name: &str, place: &Place<'_>) -> Result<HeaderName, DefinitionFault> {
    name.parse().map_err(|_| place.fault("not the name of a header"))
}
