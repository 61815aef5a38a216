// The HTTP API of the explorer, as the page uses it. docs/explorer.md describes it.

/** Of a cell: allowed, conditional, partial, denied, explicitly denied, unknown. */
export type Letter = "a" | "c" | "p" | "d" | "x" | "u";

export interface About {
  version: string;
  source: { kind: "folder" | "git" | "table"; name: string };
  routes_file: string | null;
  editable: boolean;
  saves: "file" | "candidate" | null;
  history: boolean;
  watch: boolean;
  stage: string;
  revision: string;
  /** Which files are no documents; while there are any, only documents can be asked for. */
  faults?: string[];
}

export interface MapAnswer {
  revision: string;
  subjects: { subject: string; name: string; counts: Record<string, number> }[];
  routes: Route[];
  /** A string for each route with a letter for each subject; empty where no policy is asked. */
  cells: string[];
}

export interface Route {
  /** As people say it: `GET`, `ANY`, `ANY but GET, HEAD`, `page`. */
  method: string;
  /** None for a pattern of pages. */
  verbs: string[];
  path: string;
  summary: string;
  guard: "authorizer" | "root" | "other" | "public" | "page_pass";
}

export interface Cell {
  subject: string;
  decision: "allow" | "conditional" | "deny" | "partial" | "unknown";
  explicit?: boolean;
  allowed?: Witness;
  denied?: Witness;
  unknown?: string;
  sentence?: string;
}

export interface Witness {
  path: string;
  resource: string;
  context: Record<string, string | string[]>;
  decision: string;
  statements: { document: string; statement: number; sid: string | null }[];
  when: string | null;
}

export interface Call {
  groups?: string[];
  user?: string;
  client?: string;
  scopes?: string[];
  claims?: Record<string, string>;
  token?: string;
  groups_claim?: string;
  log?: string;
  method?: string;
  path?: string;
  page?: string;
  source_ip?: string;
  now?: string;
  context?: Record<string, string>;
  drafts?: Drafts;
}

/** The text of documents by subject. */
export type Drafts = Record<string, string>;

export interface Explanation {
  /** What a line of the log came to, where there is no call. */
  log?: unknown;
  decision?: "allow" | "explicit_deny" | "implicit_deny";
  method?: string | null;
  path?: string;
  subjects?: { subject: string; document: string | null }[];
  statements?: ExplainedStatement[];
  suggestions?: { change: string; text: string }[][];
  lines: string[];
}

export interface ExplainedStatement {
  subject: string;
  statement: number;
  sid: string | null;
  effect: "Allow" | "Deny";
  pattern: string | null;
  reasons: string[];
  standing: "decided" | "outranked" | "near_miss" | "elsewhere";
  place?: Place | null;
}

/** Where a statement is in the text of a document, in UTF-16 code units. */
export interface Place {
  subject: string;
  statement: number;
  from: number;
  to: number;
}

export interface ListedDocument {
  subject: string;
  place: string;
  bytes: number;
  statements: number | null;
  tag: string;
  version: number | null;
  /** Why it is no document. */
  fault: string | null;
}

export interface Document {
  subject: string;
  place: string;
  text: string;
  tag: string;
  version: number | null;
  /** What would come into force by `gatepost promote`. */
  candidate: string | null;
}

export interface Finding {
  rule: string;
  level: string;
  message: string;
  line?: number;
  column?: number;
  pointer?: string;
  example?: { request?: string; decision?: string };
}

export interface Difference {
  subject: string;
  gained: Change[];
  lost: Change[];
  unknown: boolean;
}

export interface Change {
  witness: {
    action: string;
    resource: string;
    method?: string | null;
    path: string;
    context?: Record<string, string>;
  };
  condition: { if?: unknown[]; unless?: unknown[] } | null;
  because: {
    side: "before" | "after";
    document: string;
    statement: number;
    sid?: string | null;
    effect: string;
  }[];
}

export interface Trial {
  /** What makes it no document; then there is nothing else. */
  faults: Finding[];
  lint: Finding[] | null;
  diff: Difference | null;
  suite: { cases: number; failed: FailedCase[] } | null;
  /** Why the suites could not be run. */
  suite_fault: string | null;
  size: Size | null;
}

/** In bytes: of the answer to whoever has all groups and this subject, and to this subject alone. */
export interface Size {
  bytes: number | null;
  before: number | null;
  alone: number | null;
  limit: number;
}

export interface FailedCase {
  principal: string;
  method: string | null;
  path: string;
  difference: string;
  why: string[];
  file: string;
  /** Without the change; null if it could not be run. */
  before: "pass" | "fail" | null;
}

export interface History {
  subject: string;
  /** Oldest first. */
  revisions: Revision[];
}

export interface Revision {
  /** From 1; in a repository it counts the commits that changed the file. */
  version: number;
  what: "document" | "candidate" | "removed" | "unreadable";
  updated_at: string | null;
  updated_by: string | null;
  comment: string | null;
  /** The commit. */
  source_revision: string | null;
  /** How many requests more, and less. */
  gained: number;
  lost: number;
  unknown: boolean;
}

/** A call that went through the gateway of `gatepost dev`. */
export interface LiveCall {
  id: string | number;
  time: string;
  method: string;
  path: string;
  status: number;
  decision: string | null;
  reason: string | null;
  cache: string | null;
  micros: number | null;
  /** Null where they are not known. */
  groups: string[] | null;
}
