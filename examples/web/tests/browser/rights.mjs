// What the example's people may do, as the app's page says it: who, their groups, and what GET /movies and
// GET /shows come to. A user pool of cognito-local has the customers.

export const ALLOWED = "200 OK Allowed.";

export const CUSTOMERS = [
  ["alice", ["movies-group"], ALLOWED, "403 Forbidden No policy allows it to your group movies-group."],
  ["bob", ["shows-group"], "403 Forbidden No policy allows it to your group shows-group.", ALLOWED],
  ["carol", ["movies-group", "shows-group"], ALLOWED, ALLOWED],
];

export const EVERYBODY = [
  ...CUSTOMERS,
  ["admin", ["admin-group"], ALLOWED, ALLOWED],
  ["dave", ["in no group"], ...Array(2).fill("403 Forbidden A policy forbids it: you are in no group.")],
];
