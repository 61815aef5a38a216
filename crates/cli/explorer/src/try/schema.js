// What a policy document may have, as JSON Schema: it drives completion. What a document must be is for the
// server to say, which reads it as the authorizer does.

/**
 * @typedef {object} Schema
 * @property {string} [description]
 * @property {"object" | "array" | "string"} [type]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema} [additionalProperties]
 * @property {Schema} [items]
 * @property {string[]} [required]
 * @property {string[]} [enum]
 * @property {string[]} [examples]
 */

/** @param {string} description @param {string[]} examples @returns {Schema} */
const texts = (description, examples) => ({
  description,
  type: "array",
  items: { type: "string", examples },
  examples,
});

/** @type {Schema} */
const CONDITION_VALUES = {
  type: "object",
  properties: {
    "aws:SourceIp": texts("Where the call comes from", ["203.0.113.0/24"]),
    "aws:CurrentTime": texts("When it is made", ["2026-12-31T23:59:59Z"]),
    "aws:UserAgent": texts("What it is made with", []),
    "aws:Referer": texts("Which page it is made from", []),
  },
};

/** @type {Record<string, string>} */
const OPERATORS = {
  IpAddress: "the address is in a range",
  NotIpAddress: "the address is in none of the ranges",
  DateLessThan: "before a time",
  DateGreaterThan: "after a time",
  StringEquals: "the text is one of these",
  StringNotEquals: "the text is none of these",
  StringLike: "the text fits a pattern",
  StringNotLike: "the text fits no pattern",
  Bool: "true or false",
  Null: "whether the key is absent",
  NumericEquals: "the number is one of these",
  NumericLessThan: "the number is less",
  NumericGreaterThan: "the number is more",
  ArnLike: "the ARN fits a pattern",
};

const ACTIONS = ["execute-api:Invoke", "gatepost:ViewPage"];

/** @type {Schema} */
const STATEMENT = {
  type: "object",
  required: ["Effect", "Action", "Resource"],
  properties: {
    Sid: { description: "A name, by which answers call the statement", type: "string" },
    Effect: { description: "Whether it allows or denies", type: "string", enum: ["Allow", "Deny"] },
    Action: { description: "Calls of the API, or pages", type: "string", enum: ACTIONS },
    NotAction: { description: "Everything but these actions", type: "string", enum: ACTIONS },
    Resource: texts("Which calls: VERB/path, or */path for every verb", [
      "GET/",
      "POST/",
      "PUT/",
      "PATCH/",
      "DELETE/",
      "*/",
      "page/",
      "GET/users/${token:sub}/*",
    ]),
    NotResource: texts("Every call but these", ["GET/", "*/"]),
    Condition: {
      description: "Only if all of these hold",
      type: "object",
      properties: Object.fromEntries(
        Object.entries(OPERATORS).map(([name, description]) => [name, { ...CONDITION_VALUES, description }]),
      ),
      additionalProperties: CONDITION_VALUES,
    },
  },
};

/** @type {Schema} */
export const DOCUMENT = {
  type: "object",
  required: ["Version", "Statement"],
  properties: {
    Version: { description: "Of the policy language", type: "string", enum: ["2012-10-17"] },
    Statement: { description: "What is allowed and denied", type: "array", items: STATEMENT },
  },
};

/** What a new document begins as. */
export const NEW_DOCUMENT = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "execute-api:Invoke",
      "Resource": "GET/"
    }
  ]
}
`;
