// The operations of Chancery, their arguments and results: made from the
// operation table by `make docs`, not by hand. docs/API.md says what each does.

/** A point in time, UTC: "2026-11-22T10:00:00.123Z". */
export type Time = string;

/** Opaque; it differs where something changed. */
export type State = string;

/** Bytes in base64 (RFC 4648, section 4). */
export type Base64 = string;

/** Names one organisation. */
export type OrgId = `o${string}`;

/** Names one principal. */
export type PrincipalId = `p${string}`;

/** Names one credential. */
export type CredentialId = `c${string}`;

/** Names one session. */
export type SessionId = `s${string}`;

/** Names one grant. */
export type GrantId = `g${string}`;

/** Names one folder. */
export type FolderId = `d${string}`;

/** Names one file. */
export type FileId = `f${string}`;

/** Names one version. */
export type VersionId = `v${string}`;

/** Names one upload. */
export type UploadId = `u${string}`;

/** Names one stream. */
export type StreamId = `x${string}`;

/** Names one place in a folder. */
export type EdgeId = `e${string}`;

/** Names one blob. */
export type BlobId = `b${string}`;

/** Names one unit. */
export type UnitId = `n${string}`;

/** Names one app. */
export type AppId = `a${string}`;

/** Names one request. */
export type RequestId = `r${string}`;

/** Names one incident. */
export type IncidentId = `i${string}`;

export type NodeId = FolderId | FileId;

export type Id =
	| OrgId
	| PrincipalId
	| CredentialId
	| SessionId
	| GrantId
	| FolderId
	| FileId
	| VersionId
	| UploadId
	| StreamId
	| EdgeId
	| BlobId
	| UnitId
	| AppId
	| RequestId
	| IncidentId;

/** relations between a principal and an object */
export type Relation =
	| "owner"
	| "edit"
	| "read"
	| "self"
	| "user_admin"
	| "log_reader"
	| "security_responder"
	| "operator"
	| "member"
	| "use"
	| "see"
	| "text"
	| "copy"
	| "print"
	| "export"
	| "password_alone";

/** kinds of what can let somebody do something */
export type AuthorityOf =
	| "principal"
	| "credential"
	| "session"
	| "grant"
	| "upload"
	| "stream"
	| "unit"
	| "request";

/** apps, each of which one has a right to use or not */
export type App =
	| "files"
	| "documents"
	| "mail"
	| "log"
	| "admin";

/** families of operations, for the scope of a credential */
export type Family =
	| "self"
	| "files"
	| "access"
	| "log"
	| "system"
	| "enrol"
	| "documents";

/** kinds of principals */
export type PrincipalKind =
	| "person"
	| "service"
	| "ceremony"
	| "guest"
	| "group"
	| "link";

/** kinds of credentials */
export type CredentialKind =
	| "token"
	| "invitation"
	| "password"
	| "totp"
	| "passkey"
	| "recovery"
	| "app_password"
	| "link"
	| "reissue";

/** how certain it is who opened a session */
export type Assurance =
	| "secret"
	| "two"
	| "passkey"
	| "password";

/** what a challenge may be answered for */
export type Purpose =
	| "sign_in"
	| "register";

/** kinds of nodes */
export type NodeKind =
	| "folder"
	| "file";

/** what a client says made it act */
export type Cause =
	| "user"
	| "prefetch"
	| "push"
	| "system";

/** outcomes of an operation on an object */
export type Outcome =
	| "allowed"
	| "denied"
	| "refused"
	| "failed";

/** how a control of the bar came out */
export type BarState =
	| "green"
	| "red"
	| "inconclusive";

/** how a stream ended */
export type StreamStatus =
	| "complete"
	| "aborted"
	| "revoked"
	| "failed"
	| "crashed"
	| "damaged"
	| "drained"
	| "limit";

/** forms that an open document is written in */
export type DocumentFormat =
	| "docx"
	| "xlsx"
	| "pptx"
	| "odt"
	| "ods"
	| "odp"
	| "csv"
	| "pdf";

/** processes of a server */
export type Process =
	| "parent"
	| "front"
	| "core"
	| "keeper"
	| "blobs"
	| "zygote"
	| "kit";

/** how certainly something descends from a compromise */
export type Verdict =
	| "may"
	| "must";

/** by which rule something descends from a compromise */
export type Descent =
	| "seed"
	| "opened"
	| "let_in"
	| "done"
	| "registered"
	| "right"
	| "shown"
	| "copied";

/** how far a leaf can be trusted */
export type Trust =
	| "enforced"
	| "observed";

/** what an alert is about */
export type Alert =
	| "canary_name"
	| "canary_file"
	| "counter"
	| "return";

/** an operation that has no more to tell */
export interface Done {
	/** the number of the record */
	readonly state?: State;
}

/** no arguments */
export interface Nothing {
	/** nothing */
	readonly unused?: boolean;
}

/** a principal */
export interface Principal {
	/** who */
	readonly id: PrincipalId;
	/** which kind */
	readonly kind: PrincipalKind;
	/** the name shown to people */
	readonly name: string;
	/** the folder that holds their files */
	readonly home?: FolderId;
	/** when it was made */
	readonly created?: Time;
	/** it may do nothing any more */
	readonly ended?: boolean;
	/** the folder that holds what they threw away */
	readonly trash?: FolderId;
	/** the name that they sign in by */
	readonly login?: string;
	/** it may do nothing for now */
	readonly suspended?: boolean;
	/** the unit that it belongs to; else to none */
	readonly unit?: UnitId;
}

/** a new principal */
export interface PrincipalCreate {
	/** which kind: person, guest or service */
	readonly kind: PrincipalKind;
	/** the name shown to people */
	readonly name: string;
	/** of a person or guest: the name to sign in by */
	readonly login?: string;
	/** the unit that it is to belong to */
	readonly unit?: UnitId;
}

/** one principal */
export interface PrincipalRef {
	/** which */
	readonly principal: PrincipalId;
}

/** where a principal is to belong */
export interface PrincipalMove {
	/** which */
	readonly principal: PrincipalId;
	/** the unit that it is to belong to; none by default */
	readonly unit?: UnitId;
}

/** other names for a principal; what isn't given stays */
export interface PrincipalRename {
	/** which */
	readonly principal: PrincipalId;
	/** the name shown to people */
	readonly name?: string;
	/** of a person: the name to sign in by */
	readonly login?: string;
}

/** a page of principals */
export interface PrincipalList {
	/** the last one of the page before */
	readonly after?: PrincipalId;
	/** at most so many; 100 by default */
	readonly limit?: number;
	/** of this unit only */
	readonly unit?: UnitId;
}

/** a page of principals */
export interface PrincipalPage {
	/** in the order they were made */
	readonly list: readonly Principal[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** how somebody's name begins */
export interface PrincipalFind {
	/** words of the name or of the name to sign in by, or how they begin; all of them must be there */
	readonly text: string;
	/** at most so many; 10 by default */
	readonly limit?: number;
}

/** somebody, or a group */
export interface FoundPrincipal {
	/** who */
	readonly id: PrincipalId;
	/** person, guest, group or service */
	readonly kind: PrincipalKind;
	/** the name shown to people */
	readonly name: string;
	/** the name that they sign in by */
	readonly login?: string;
}

/** who was found; people who have nothing to sign in with yet are not */
export interface FoundPrincipals {
	/** in the order of what was found of their names */
	readonly list: readonly FoundPrincipal[];
}

/** a new service token */
export interface TokenIssue {
	/** for whom; oneself by default */
	readonly principal?: PrincipalId;
	/** what it is for */
	readonly label: string;
	/** what it may be used for; all that the principal may by default */
	readonly families?: readonly Family[];
	/** for operations that change nothing */
	readonly read_only?: boolean;
	/** for files below this folder only */
	readonly folder?: FolderId;
	/** when it ends; in 90 days by default, in 400 days at most */
	readonly expires?: Time;
}

/** a token, shown this once */
export interface TokenIssued {
	/** its credential */
	readonly id: CredentialId;
	/** what to send as Authorization: Bearer; never told again */
	readonly secret?: string;
	/** when it ends */
	readonly expires: Time;
	/** the number of the record */
	readonly state?: State;
}

/** a credential, without its secret */
export interface Credential {
	/** which */
	readonly id: CredentialId;
	/** whose */
	readonly principal: PrincipalId;
	/** what it is for */
	readonly label: string;
	/** what it may be used for */
	readonly families: readonly Family[];
	/** for operations that change nothing */
	readonly read_only: boolean;
	/** for files below this folder only */
	readonly folder?: FolderId;
	/** when it was issued */
	readonly created: Time;
	/** when it ends by itself */
	readonly expires?: Time;
	/** it was revoked */
	readonly ended?: boolean;
	/** which kind */
	readonly kind: CredentialKind;
	/** when it was used last, to within minutes */
	readonly used?: Time;
	/** it is not confirmed yet */
	readonly pending?: boolean;
	/** of a passkey of one's own: what its authenticator knows it by, so that it isn't made there twice */
	readonly handle?: Base64;
}

/** whose tokens */
export interface TokenList {
	/** whose; one's own by default */
	readonly principal?: PrincipalId;
}

/** credentials */
export interface CredentialPage {
	/** the newest first */
	readonly list: readonly Credential[];
}

/** one credential */
export interface CredentialRef {
	/** which */
	readonly credential: CredentialId;
}

/** a right for another principal */
export interface ShareGrant {
	/** on which folder or file */
	readonly node: NodeId;
	/** for whom */
	readonly principal: PrincipalId;
	/** owner, edit, read, or of what is shown: see, text, copy, print, export */
	readonly relation: Relation;
	/** when it ends by itself */
	readonly expires?: Time;
}

/** a role in the organisation */
export interface RoleGrant {
	/** for whom */
	readonly principal: PrincipalId;
	/** user_admin, log_reader, security_responder or operator */
	readonly relation: Relation;
	/** when it ends by itself */
	readonly expires?: Time;
	/** in this unit and those below: user_admin or security_responder */
	readonly unit?: UnitId;
}

/** a right that was given */
export interface GrantMade {
	/** its id, by which it can be ended */
	readonly id: GrantId;
	/** the number of the record */
	readonly state?: State;
}

/** one right */
export interface GrantRef {
	/** which */
	readonly grant: GrantId;
}

/** a right */
export interface Grant {
	/** its id */
	readonly id: GrantId;
	/** on what */
	readonly object: Id;
	/** which */
	readonly relation: Relation;
	/** whose */
	readonly principal: PrincipalId;
	/** the principal's name */
	readonly name?: string;
	/** when it was given */
	readonly created: Time;
	/** when it ends by itself */
	readonly expires?: Time;
	/** of a role in a unit: the unit's name */
	readonly object_name?: string;
	/** which kind of principal */
	readonly kind?: PrincipalKind;
	/** how often a link was opened */
	readonly opened?: number;
	/** when it allowed something last, as far as the log is indexed */
	readonly used?: Time;
}

/** one folder or file */
export interface NodeRef {
	/** by id */
	readonly node?: NodeId;
	/** by path */
	readonly path?: string;
}

/** the roles given in the organisation */
export interface RoleList {
	/** those that this one has, in the organisation and in units */
	readonly principal?: PrincipalId;
	/** those in this unit */
	readonly unit?: UnitId;
}

/** rights */
export interface GrantPage {
	/** in the order they were given */
	readonly list: readonly Grant[];
}

/** a question about a right */
export interface AccessWhy {
	/** who */
	readonly principal: PrincipalId;
	/** would like to do what */
	readonly relation: Relation;
	/** with which folder or file */
	readonly node?: NodeId;
	/** by path from the caller's home */
	readonly path?: string;
	/** or in which unit */
	readonly unit?: UnitId;
	/** or of which app */
	readonly app?: App;
}

/** one step of a proof */
export interface ProofStep {
	/** the relation that it gives; absent for a place in a folder */
	readonly relation?: Relation;
	/** on what */
	readonly object: Id;
	/** to whom, or to what lies in it */
	readonly subject: Id;
	/** the object's name */
	readonly name?: string;
	/** the record that made it */
	readonly sequence: number;
	/** when */
	readonly time: Time;
	/** who made it */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** when it ends by itself */
	readonly expires?: Time;
}

/** why, or why not */
export interface AccessAnswer {
	/** the answer */
	readonly allowed: boolean;
	/** what it rests on, from the object up */
	readonly proof: readonly ProofStep[];
	/** what would be needed, in plain words */
	readonly missing?: string;
}

/** a question about all who have a right */
export interface AccessWhoCan {
	/** would like to do what */
	readonly relation: Relation;
	/** with which folder or file; a role in the organisation by default */
	readonly node?: NodeId;
	/** by path from the caller's home */
	readonly path?: string;
	/** the last one of the page before */
	readonly after?: PrincipalId;
	/** at most so many; 500 by default */
	readonly limit?: number;
	/** or of which app */
	readonly app?: App;
}

/** somebody who has it */
export interface WhoCan {
	/** who */
	readonly principal: PrincipalId;
	/** which kind */
	readonly kind: PrincipalKind;
	/** their name */
	readonly name: string;
	/** what gives it; the nearest, where there are several */
	readonly grant: GrantId;
	/** the relation that was given */
	readonly relation: Relation;
	/** on what it was given */
	readonly object: Id;
	/** its name */
	readonly object_name: string;
	/** the group that they have it through: they are in that one */
	readonly group?: PrincipalId;
	/** its name */
	readonly group_name?: string;
	/** when it ends by itself */
	readonly expires?: Time;
}

/** a page of those who have a right */
export interface WhoPage {
	/** in the order they were made as principals */
	readonly list: readonly WhoCan[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** a link to a folder or file */
export interface LinkMake {
	/** to which */
	readonly node: NodeId;
	/** edit, read, or of what is shown: see, text, copy, print, export */
	readonly relation: Relation;
	/** what to call it */
	readonly label?: string;
	/** asked of whoever opens it: at least 10 characters, and none that many have; else none is */
	readonly password?: string;
	/** when it ends; in 30 days by default, in 400 days at most */
	readonly expires?: Time;
	/** how often it may be opened; as often as one likes by default */
	readonly uses?: number;
}

/** a link, its secret shown this once */
export interface LinkMade {
	/** which */
	readonly id: PrincipalId;
	/** what goes behind https://HOST/link#; never told again */
	readonly secret?: string;
	/** its right, by which it can be ended */
	readonly grant: GrantId;
	/** when it ends */
	readonly expires: Time;
	/** the number of the record */
	readonly state?: State;
}

/** a page of links */
export interface LinkList {
	/** those to this folder or file only */
	readonly node?: NodeId;
	/** what the page before gave as next */
	readonly after?: PrincipalId;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** a link, without its secret */
export interface SharedLink {
	/** which */
	readonly id: PrincipalId;
	/** what it is called */
	readonly label: string;
	/** to which folder or file */
	readonly node: NodeId;
	/** its name */
	readonly name: string;
	/** what it gives */
	readonly relation: Relation;
	/** its right, by which it can be ended */
	readonly grant: GrantId;
	/** when it was made */
	readonly created: Time;
	/** when it ends by itself */
	readonly expires: Time;
	/** how often it was opened */
	readonly opened: number;
	/** how often it may be */
	readonly uses?: number;
	/** when it was used last, to within minutes */
	readonly used?: Time;
	/** it asks for one */
	readonly password: boolean;
}

/** a page of links */
export interface LinkPage {
	/** in the order they were made */
	readonly list: readonly SharedLink[];
	/** where the next page begins; absent at the end */
	readonly next?: PrincipalId;
}

/** a link to be opened */
export interface LinkOpen {
	/** what stands behind # in it */
	readonly secret?: string;
	/** its password, where it has one */
	readonly password?: string;
}

/** a session for what a link leads to */
export interface LinkOpened {
	/** which */
	readonly id: SessionId;
	/** what to send as Authorization: Bearer */
	readonly secret?: string;
	/** when it ends; after an hour unused before that */
	readonly expires: Time;
	/** the folder or file; paths go from there */
	readonly node: NodeId;
	/** what may be done with it */
	readonly relation: Relation;
	/** the link: whose uploads they are */
	readonly principal: PrincipalId;
	/** the number of the record */
	readonly state?: State;
}

/** a right to use an app */
export interface AppGrant {
	/** which app */
	readonly app: App;
	/** for whom */
	readonly principal: PrincipalId;
	/** when it ends by itself */
	readonly expires?: Time;
}

/** the rights to use an app */
export interface AppList {
	/** which app */
	readonly app: App;
}

/** a new unit */
export interface UnitCreate {
	/** its name */
	readonly name: string;
	/** the unit that it is a part of */
	readonly unit?: UnitId;
}

/** one unit */
export interface UnitRef {
	/** which */
	readonly unit: UnitId;
}

/** another name for a unit */
export interface UnitRename {
	/** which */
	readonly unit: UnitId;
	/** its name */
	readonly name: string;
}

/** a page of units */
export interface UnitList {
	/** the last one of the page before */
	readonly after?: UnitId;
	/** at most so many; 100 by default */
	readonly limit?: number;
	/** this one, and those in it, one in the other */
	readonly unit?: UnitId;
}

/** a unit */
export interface Unit {
	/** which */
	readonly id: UnitId;
	/** its name */
	readonly name: string;
	/** the unit that it is a part of */
	readonly unit?: UnitId;
	/** when it was made */
	readonly created: Time;
	/** it is no more */
	readonly ended?: boolean;
}

/** a page of units */
export interface UnitPage {
	/** in the order they were made */
	readonly list: readonly Unit[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** a new group */
export interface GroupCreate {
	/** the name shown to people */
	readonly name: string;
	/** the unit that it is to belong to */
	readonly unit?: UnitId;
}

/** a page of a group's members */
export interface GroupMembers {
	/** which group */
	readonly group: PrincipalId;
	/** the last one of the page before */
	readonly after?: PrincipalId;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** somebody who is in a group directly */
export interface Member {
	/** who, or which group */
	readonly principal: PrincipalId;
	/** which kind */
	readonly kind: PrincipalKind;
	/** their name */
	readonly name: string;
	/** since when */
	readonly created: Time;
	/** when it ends by itself */
	readonly expires?: Time;
	/** the member may do nothing any more */
	readonly ended?: boolean;
}

/** a page of a group's members */
export interface MemberPage {
	/** in the order they were made as principals */
	readonly list: readonly Member[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** a new member of a group */
export interface MemberAdd {
	/** of which group */
	readonly group: PrincipalId;
	/** who; a group's members are in it, too */
	readonly principal: PrincipalId;
	/** when it ends by itself */
	readonly expires?: Time;
}

/** a member of a group */
export interface MemberRef {
	/** of which group */
	readonly group: PrincipalId;
	/** who */
	readonly principal: PrincipalId;
}

/** a folder or file */
export interface Node {
	/** which */
	readonly id: NodeId;
	/** the folder that it lies in; absent at the top */
	readonly parent?: FolderId;
	/** its name there */
	readonly name: string;
	/** folder or file */
	readonly kind: NodeKind;
	/** the media type of a file */
	readonly type?: string;
	/** the bytes of a file */
	readonly size?: number;
	/** the version of a file that is read now: its entity tag */
	readonly version?: VersionId;
	/** when it was made */
	readonly created: Time;
	/** when its content changed, as the client said it */
	readonly modified: Time;
	/** the record that changed it last */
	readonly changed: State;
	/** SHA-256 of a file's bytes */
	readonly digest?: Base64;
	/** it lies in the trash */
	readonly trashed?: boolean;
	/** the state of the files of the space that it is in */
	readonly state?: State;
}

/** a new folder */
export interface FolderCreate {
	/** the folder that gets it */
	readonly parent?: FolderId;
	/** that folder, by path */
	readonly path?: string;
	/** its name */
	readonly name: string;
	/** if there is one of that name, take it */
	readonly exist_ok?: boolean;
}

/** a new file, or a new version of one that has that name */
export interface FileCreate {
	/** the folder that gets it */
	readonly parent?: FolderId;
	/** that folder, by path */
	readonly path?: string;
	/** its name */
	readonly name: string;
	/** its media type; application/octet-stream by default */
	readonly type?: string;
	/** its bytes, where they are few */
	readonly content?: Base64;
	/** or an upload that holds them */
	readonly upload?: UploadId;
	/** a file of that name gets a new version */
	readonly replace?: boolean;
	/** only if that is its version now */
	readonly if_version?: VersionId;
	/** when the client last changed it; now by default */
	readonly modified?: Time;
	/** only if there is a file of that name */
	readonly if_exists?: boolean;
}

/** what an operation on a folder or file made */
export interface NodeMade {
	/** the folder or file */
	readonly id: NodeId;
	/** a file's version */
	readonly version?: VersionId;
	/** it was there before */
	readonly existed?: boolean;
	/** the bytes of a file */
	readonly size?: number;
	/** the number of the record */
	readonly state?: State;
	/** how many folders and files a copy has made */
	readonly nodes?: number;
}

/** new bytes for a file */
export interface FileWrite {
	/** which */
	readonly file?: FileId;
	/** by path */
	readonly path?: string;
	/** its media type; as it was by default */
	readonly type?: string;
	/** the bytes, where they are few */
	readonly content?: Base64;
	/** or an upload that holds them */
	readonly upload?: UploadId;
	/** only if that is its version now */
	readonly if_version?: VersionId;
	/** when the client last changed it; now by default */
	readonly modified?: Time;
}

/** a page of a folder */
export interface FolderList {
	/** which */
	readonly folder?: FolderId;
	/** by path */
	readonly path?: string;
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 500 by default */
	readonly limit?: number;
}

/** a page of a folder */
export interface NodePage {
	/** the folder */
	readonly folder: FolderId;
	/** in the order of their names */
	readonly list: readonly Node[];
	/** the cursor for the next page; absent at the end */
	readonly next?: Base64;
	/** as of this record */
	readonly state: State;
}

/** a file to be read */
export interface FileRead {
	/** which file, or a version of one */
	readonly file?: Id;
	/** by path */
	readonly path?: string;
	/** that version instead of the current one */
	readonly version?: VersionId;
}

/** a file's bytes, or the stream that brings them */
export interface FileContent {
	/** the file */
	readonly id: FileId;
	/** its name */
	readonly name: string;
	/** its media type */
	readonly type: string;
	/** how many bytes */
	readonly size: number;
	/** the version: its entity tag */
	readonly version: VersionId;
	/** when it was changed */
	readonly modified: Time;
	/** SHA-256 of the bytes */
	readonly digest: Base64;
	/** the bytes, where they are few */
	readonly content?: Base64;
	/** the stream that brings them, where they are many */
	readonly stream?: number;
}

/** another name */
export interface NodeRename {
	/** of which folder or file */
	readonly node?: NodeId;
	/** by path */
	readonly path?: string;
	/** the name */
	readonly name: string;
}

/** another folder for it */
export interface NodeMove {
	/** which folder or file */
	readonly node: NodeId;
	/** where it goes */
	readonly folder: FolderId;
	/** another name there */
	readonly name?: string;
}

/** out of the trash */
export interface NodeRestore {
	/** which folder or file */
	readonly node: NodeId;
	/** where to; where it was by default */
	readonly folder?: FolderId;
}

/** a file's versions */
export interface VersionList {
	/** which */
	readonly file?: FileId;
	/** by path */
	readonly path?: string;
	/** the last one of the page before */
	readonly after?: VersionId;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** somebody whose changes a version holds */
export interface VersionEditor {
	/** who */
	readonly principal: PrincipalId;
	/** their name */
	readonly name?: string;
}

/** a version of a file */
export interface Version {
	/** which */
	readonly id: VersionId;
	/** its bytes */
	readonly size: number;
	/** its media type */
	readonly type: string;
	/** when it was stored */
	readonly created: Time;
	/** when it was changed, as the client said it */
	readonly modified: Time;
	/** SHA-256 of its bytes */
	readonly digest: Base64;
	/** who stored it */
	readonly by?: PrincipalId;
	/** the name that it was given */
	readonly label?: string;
	/** of one that was saved while it was open: whose changes it holds */
	readonly editors?: readonly VersionEditor[];
}

/** a file's versions */
export interface VersionPage {
	/** the newest first */
	readonly list: readonly Version[];
	/** there are older ones */
	readonly more: boolean;
}

/** what changed in one's files */
export interface FileChanges {
	/** the state that the caller has */
	readonly since: State;
	/** at most so many; 500 by default */
	readonly limit?: number;
}

/** one change */
export interface NodeChange {
	/** the folder or file */
	readonly id: NodeId;
	/** it was made since */
	readonly created?: boolean;
	/** it was ended since */
	readonly destroyed?: boolean;
}

/** what changed */
export interface ChangePage {
	/** each folder or file once */
	readonly list: readonly NodeChange[];
	/** the state after these */
	readonly state: State;
	/** there are more: ask again from that state */
	readonly more: boolean;
}

/** an old version, to be the current one again */
export interface VersionRestore {
	/** which */
	readonly version: VersionId;
	/** only if that is the file's version now */
	readonly if_version?: VersionId;
}

/** a name for a version of a file */
export interface VersionName {
	/** which */
	readonly version: VersionId;
	/** its name; empty: none any more */
	readonly label: string;
}

/** a copy of a folder or file */
export interface NodeCopy {
	/** of which folder or file */
	readonly node: NodeId;
	/** where the copy goes */
	readonly folder: FolderId;
	/** its name there; the same by default */
	readonly name?: string;
}

/** words of names */
export interface NodeSearch {
	/** the words, or how they begin; all of them must be in the name */
	readonly text: string;
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 50 by default */
	readonly limit?: number;
}

/** what was found */
export interface Found {
	/** which folder or file */
	readonly id: NodeId;
	/** its name */
	readonly name: string;
	/** where it lies: the folders from the caller's home, or from what is shared with them */
	readonly path?: string;
	/** the folder that it lies in, where the caller may read that */
	readonly parent?: FolderId;
	/** folder or file */
	readonly kind: NodeKind;
	/** the media type of a file */
	readonly type?: string;
	/** the bytes of a file */
	readonly size?: number;
	/** when its content changed, as the client said it */
	readonly modified: Time;
	/** whose it is */
	readonly owner: PrincipalId;
}

/** what was found */
export interface SearchPage {
	/** one's own first */
	readonly list: readonly Found[];
	/** the cursor for the next page, which may be empty and the last; absent at the end */
	readonly next?: Base64;
}

/** a page of the trash */
export interface TrashList {
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** something in the trash */
export interface Trashed {
	/** which folder or file */
	readonly id: NodeId;
	/** its name */
	readonly name: string;
	/** folder or file */
	readonly kind: NodeKind;
	/** the bytes of a file */
	readonly size?: number;
	/** the folder that it lay in, while that is there */
	readonly folder?: FolderId;
	/** that folder's path */
	readonly path?: string;
	/** when it was thrown away */
	readonly time: Time;
	/** who did */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
}

/** what lies in the trash */
export interface TrashPage {
	/** what was thrown away last first */
	readonly list: readonly Trashed[];
	/** the cursor for the next page; absent at the end */
	readonly next?: Base64;
}

/** a page of what is shared with the caller */
export interface ShareWithMe {
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** something that is shared with the caller */
export interface Shared {
	/** which folder or file */
	readonly id: NodeId;
	/** its name */
	readonly name: string;
	/** folder or file */
	readonly kind: NodeKind;
	/** the media type of a file */
	readonly type?: string;
	/** the bytes of a file */
	readonly size?: number;
	/** what the caller may do with it */
	readonly relation: Relation;
	/** the right that says so */
	readonly grant: GrantId;
	/** who gave it */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** when */
	readonly time: Time;
	/** when it ends by itself */
	readonly expires?: Time;
	/** whose it is */
	readonly owner: PrincipalId;
	/** to whom it was given, where not to the caller alone */
	readonly via?: Id;
}

/** what is shared with the caller */
export interface SharedPage {
	/** in the order of what is shared */
	readonly list: readonly Shared[];
	/** the cursor for the next page, which may be empty and the last; absent at the end */
	readonly next?: Base64;
}

/** a star on a folder or file, which its giver alone sees */
export interface NodeStar {
	/** which */
	readonly node: NodeId;
	/** it is to have one, or none */
	readonly starred: boolean;
}

/** a page of a list of one's own */
export interface OwnList {
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 50 by default */
	readonly limit?: number;
}

/** a folder or file, in a list of one's own */
export interface OwnItem {
	/** which */
	readonly id: NodeId;
	/** its name */
	readonly name: string;
	/** folder or file */
	readonly kind: NodeKind;
	/** the media type of a file */
	readonly type?: string;
	/** the bytes of a file */
	readonly size?: number;
	/** the current version of a file */
	readonly version?: VersionId;
	/** when its content changed, as the client said it */
	readonly modified: Time;
	/** the folder that it lies in, where the caller may read that */
	readonly parent?: FolderId;
	/** whose it is */
	readonly owner: PrincipalId;
	/** their name */
	readonly owner_name: string;
	/** when it was starred, or used last */
	readonly time: Time;
}

/** folders and files that are there, and that the caller may read */
export interface OwnPage {
	/** the last first */
	readonly list: readonly OwnItem[];
	/** the cursor for the next page, which may be empty and the last; absent at the end */
	readonly next?: Base64;
}

/** a folder to be watched */
export interface FolderWatch {
	/** which: what lies in it, not below */
	readonly folder: FolderId;
}

/** a stream of the changes of a folder */
export interface WatchStream {
	/** its number */
	readonly stream: number;
	/** the state of the files of the space that it is in, now */
	readonly state: State;
}

/** what was done with a folder or file */
export interface ActivityList {
	/** which */
	readonly node?: NodeId;
	/** by path */
	readonly path?: string;
	/** the cursor that the page before gave */
	readonly after?: Base64;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** something that was done */
export interface Activity {
	/** the number of its record */
	readonly sequence: number;
	/** when */
	readonly time: Time;
	/** which operation */
	readonly operation: string;
	/** how it ended */
	readonly outcome: Outcome;
	/** who did it */
	readonly by?: PrincipalId;
	/** their name; (erased) where it was erased */
	readonly by_name?: string;
	/** the name that it gave; (erased) where it was erased */
	readonly name?: string;
	/** what it made in the folder, or of the file */
	readonly made?: NodeId;
	/** the version that it made */
	readonly version?: VersionId;
	/** who was given a right, or lost one */
	readonly grantee?: PrincipalId;
	/** their name */
	readonly grantee_name?: string;
	/** which right */
	readonly relation?: Relation;
	/** how many bytes */
	readonly size?: number;
	/** what made the client act, as it says */
	readonly cause?: Cause;
}

/** what was done with a folder or file */
export interface ActivityPage {
	/** the newest first */
	readonly list: readonly Activity[];
	/** the cursor for the next page; absent at the end */
	readonly next?: Base64;
}

/** whose storage */
export interface QuotaGet {
	/** whose */
	readonly principal: PrincipalId;
}

/** how much is stored */
export interface Quota {
	/** whose */
	readonly principal: PrincipalId;
	/** bytes of all versions, of what lies in the trash too */
	readonly used: number;
	/** how many it may be; absent: there is no limit */
	readonly limit?: number;
	/** the limit was set for this principal; else the configured default holds */
	readonly own: boolean;
}

/** how much may be stored */
export interface QuotaSet {
	/** by whom */
	readonly principal: PrincipalId;
	/** how many bytes; 0: no limit; absent: the configured default */
	readonly limit?: number;
}

/** whose files are to be exported */
export interface ExportOpen {
	/** whose */
	readonly principal: PrincipalId;
}

/** the right to read all files of a principal */
export interface ExportOpened {
	/** the folder that holds their files */
	readonly home: FolderId;
	/** the folder that holds what they threw away */
	readonly trash: FolderId;
	/** the right on the one */
	readonly home_grant: GrantId;
	/** and on the other */
	readonly trash_grant: GrantId;
	/** when both end by themselves */
	readonly expires: Time;
	/** the number of the record */
	readonly state?: State;
}

/** room for an upload */
export interface UploadBegin {
	/** how many bytes will come, where it is known */
	readonly size?: number;
	/** the media type */
	readonly type?: string;
	/** whose it is to be: the caller, else it is refused */
	readonly account?: PrincipalId;
}

/** an upload that may start */
export interface UploadReady {
	/** its id, for file.create and file.write */
	readonly id: UploadId;
	/** the stream that takes the bytes */
	readonly stream: number;
	/** how many bytes it takes at most */
	readonly limit: number;
}

/** bytes that a file will get */
export interface UploadStore {
	/** the bytes */
	readonly content: Base64;
	/** the media type */
	readonly type?: string;
	/** whose they are to be: the caller, else it is refused */
	readonly account?: PrincipalId;
}

/** an upload that holds its bytes */
export interface UploadStored {
	/** its id, for file.create and file.write */
	readonly id: UploadId;
	/** the number of the record */
	readonly state?: State;
}

/** a record, with what it needs to be read */
export interface Record {
	/** its number */
	readonly sequence: number;
	/** leaf, openings and the leaves it cites, as CBOR */
	readonly bundle: Base64;
	/** its OCSF events, one a line, as many as fit; the bundle is their raw_data */
	readonly events?: string;
}

/** records */
export interface RecordPage {
	/** in order */
	readonly list: readonly Record[];
	/** where the next page starts; absent at the end */
	readonly next?: number;
	/** the number of the last record there was */
	readonly size: number;
}

/** which records */
export interface LogSearch {
	/** from this number on, or back from it in reverse */
	readonly from?: number;
	/** the newest first */
	readonly reverse?: boolean;
	/** at most so many; 100 by default */
	readonly limit?: number;
	/** of this principal */
	readonly principal?: PrincipalId;
	/** on this object */
	readonly object?: Id;
	/** of this operation */
	readonly operation?: string;
	/** that ended so */
	readonly outcome?: Outcome;
	/** from this network address */
	readonly address?: string;
	/** not before */
	readonly since?: Time;
	/** before */
	readonly until?: Time;
}

/** one record */
export interface LogRef {
	/** its number */
	readonly sequence: number;
}

/** records as they come */
export interface LogTail {
	/** from this number on; the next one by default */
	readonly from?: number;
}

/** a stream of the log */
export interface LogStream {
	/** its number */
	readonly stream: number;
	/** the first record that it brings */
	readonly from: number;
	/** the log's verifier key (C2SP signed-note) */
	readonly key?: string;
	/** the number that the tree's index 0 has */
	readonly base: number;
}

/** that a record stands in the log */
export interface LogProof {
	/** its number */
	readonly sequence: number;
	/** a C2SP tlog-proof */
	readonly proof: string;
	/** the leaf */
	readonly leaf: Base64;
	/** the log's verifier key */
	readonly key: string;
}

/** where something comes from, and what came of it */
export interface LineageShow {
	/** the thing */
	readonly id?: Id;
	/** or the record */
	readonly sequence?: number;
	/** at most so many each way; 100 by default */
	readonly limit?: number;
}

/** one edge of the lineage */
export interface LineageEdge {
	/** the record that it comes from */
	readonly parent: number;
	/** the record that cites it */
	readonly child: number;
	/** by, auth, proof, from, made, ended */
	readonly how: string;
}

/** a part of the lineage */
export interface Lineage {
	/** the record asked for */
	readonly sequence: number;
	/** up to the ceremony */
	readonly ancestors: readonly LineageEdge[];
	/** what came of it directly */
	readonly descendants: readonly LineageEdge[];
	/** there are more descendants */
	readonly more: boolean;
}

/** which records to count, and how finely */
export interface LogTimeline {
	/** in at most so many spans of time; 100 by default */
	readonly buckets?: number;
	/** of this principal */
	readonly principal?: PrincipalId;
	/** on this object */
	readonly object?: Id;
	/** of this operation */
	readonly operation?: string;
	/** that ended so */
	readonly outcome?: Outcome;
	/** from this network address */
	readonly address?: string;
	/** not before */
	readonly since: Time;
	/** before */
	readonly until: Time;
}

/** how many records a span of time has */
export interface TimeCount {
	/** where it begins */
	readonly time: Time;
	/** so many records */
	readonly count: number;
	/** so many of them say that something was denied */
	readonly denied: number;
	/** and so many that the server failed */
	readonly failed: number;
}

/** how many records, by time; each count is exact */
export interface Timeline {
	/** from here on: the second that was asked for */
	readonly since: Time;
	/** up to here: the end of the last span, which may lie behind what was asked for */
	readonly until: Time;
	/** how long each span is, in milliseconds: whole seconds */
	readonly span: number;
	/** spans that are counted, in order, none left out */
	readonly list: readonly TimeCount[];
	/** there was more to look at than one call may: the list ends early, its last span at next */
	readonly partial?: boolean;
	/** then: nothing from here on is counted yet; ask on from here */
	readonly next?: Time;
	/** the number of the last record there was */
	readonly size: number;
}

/** who mirrors the log, or did */
export interface LogMirror {
	/** since when it is connected; of one that isn't, until when it was */
	readonly time: Time;
	/** it has at least so many records of the tree */
	readonly size: number;
	/** it is connected now */
	readonly live: boolean;
	/** from where */
	readonly address?: string;
	/** as whom */
	readonly principal: PrincipalId;
	/** their name */
	readonly name: string;
}

/** how far the log is */
export interface LogState {
	/** records in its tree */
	readonly size: number;
	/** the number that the tree's index 0 has */
	readonly base: number;
	/** so many of them are under the last checkpoint */
	readonly checkpoint_size: number;
	/** when that was signed */
	readonly checkpoint_time?: Time;
	/** so many of them are in the index that searches go by */
	readonly indexed: number;
	/** those that are connected, and behind them those that were, the newest first */
	readonly mirrors: readonly LogMirror[];
}

/** one figure */
export interface Metric {
	/** its name, with labels, as Prometheus writes it */
	readonly name: string;
	/** the figure */
	readonly value: number;
	/** what it counts */
	readonly help?: string;
	/** it may fall */
	readonly gauge?: boolean;
}

/** how the server is */
export interface Status {
	/** its version */
	readonly version: string;
	/** the log's origin */
	readonly origin: string;
	/** the last record */
	readonly sequence: number;
	/** the tree size that the last checkpoint signs */
	readonly checkpoint: number;
	/** when core started */
	readonly started: Time;
	/** the storage is nearly full */
	readonly full: boolean;
	/** the clock can't be trusted */
	readonly clock_suspect: boolean;
	/** counts and gauges */
	readonly metrics: readonly Metric[];
	/** what an administrator has yet to acknowledge */
	readonly acknowledged?: string;
}

/** how far the server is set up; counts go up to 1000, which says at least so many */
export interface SetupProgress {
	/** the host name that passkeys are for */
	readonly hostname: string;
	/** it is localhost: nobody else reaches it by that */
	readonly local: boolean;
	/** a certificate is configured; else the server has signed its own, which no browser trusts */
	readonly certificate: boolean;
	/** people with user_admin, by groups, too, who have a passkey */
	readonly administrators: number;
	/** people */
	readonly people: number;
	/** those of them who have nothing to sign in with yet */
	readonly invited: number;
	/** groups, but for those that the server itself set up */
	readonly groups: number;
	/** when a backup was recorded last */
	readonly backup?: Time;
	/** when a mirror of the log was connected last */
	readonly mirror?: Time;
	/** one is connected now */
	readonly mirrored: boolean;
	/** the clock can't be trusted */
	readonly clock_suspect: boolean;
	/** when the bar was tried last */
	readonly bar?: Time;
	/** and whether all of its controls held */
	readonly bar_green?: boolean;
}

/** records one behind the other */
export interface RecordSpan {
	/** the number of the first */
	readonly first: number;
	/** the number of the last */
	readonly last: number;
}

/** how a control came out */
export interface BarOutcome {
	/** which */
	readonly control: string;
	/** whether it held */
	readonly state: BarState;
	/** what was seen */
	readonly text: string;
	/** records that prove it */
	readonly records?: readonly RecordSpan[];
}

/** a run of the bar */
export interface BarReport {
	/** its controls, each once */
	readonly list: readonly BarOutcome[];
}

/** a control, and how it came out */
export interface BarLine {
	/** which */
	readonly control: string;
	/** what it promises */
	readonly title: string;
	/** whether it held; absent: it wasn't tried */
	readonly state?: BarState;
	/** what was seen */
	readonly text?: string;
	/** controls of NIST SP 800-53 that it answers, apart by blanks */
	readonly nist?: string;
	/** of CISA SCuBA */
	readonly scuba?: string;
	/** of CIS */
	readonly cis?: string;
	/** records that prove it */
	readonly records?: readonly RecordSpan[];
}

/** the bar, as it was tried last */
export interface BarShown {
	/** when; absent: it has never been */
	readonly time?: Time;
	/** who did */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** the record of it */
	readonly sequence?: number;
	/** all controls that there are */
	readonly list: readonly BarLine[];
}

/** what is to be answered */
export interface ChallengeMake {
	/** what for */
	readonly purpose: Purpose;
}

/** a challenge (WebAuthn, 13.4.3) */
export interface Challenge {
	/** what the authenticator is to sign */
	readonly challenge: Base64;
	/** the host name that passkeys are for */
	readonly rp_id: string;
	/** when it is too late */
	readonly expires: Time;
}

/** who signs in: by a passkey, or by name, password and code */
export interface SessionBegin {
	/** the name to sign in by */
	readonly login?: string;
	/** the password */
	readonly password?: string;
	/** the code of the authenticator app */
	readonly code?: string;
	/** the id of the passkey */
	readonly passkey?: Base64;
	/** the challenge that it answers */
	readonly challenge?: Base64;
	/** clientDataJSON */
	readonly client_data?: Base64;
	/** authenticatorData */
	readonly authenticator_data?: Base64;
	/** the signature */
	readonly signature?: Base64;
}

/** a session, its secret shown this once */
export interface SessionMade {
	/** which */
	readonly id: SessionId;
	/** what to send as Authorization: Bearer */
	readonly secret?: string;
	/** who signed in */
	readonly principal: PrincipalId;
	/** when it ends */
	readonly expires: Time;
	/** how certain it is */
	readonly assurance: Assurance;
	/** the number of the record */
	readonly state?: State;
}

/** a program that wants a session */
export interface LoginBegin {
	/** what it says that it is, for who approves it */
	readonly label: string;
}

/** what to show, and what to keep */
export interface LoginBegun {
	/** to be typed in where somebody is signed in */
	readonly code: string;
	/** what the session is collected with */
	readonly secret?: string;
	/** when it is too late */
	readonly expires: Time;
	/** the number of the record */
	readonly state?: State;
}

/** who asks for a session */
export interface LoginRef {
	/** the code that it shows; case, spaces and dashes don't matter */
	readonly code: string;
}

/** what a program asks for */
export interface LoginRequest {
	/** the code that it shows */
	readonly code: string;
	/** what it says that it is */
	readonly label: string;
	/** from where it asks */
	readonly address?: string;
	/** by which program */
	readonly agent?: string;
	/** when it asked */
	readonly created: Time;
	/** when it is too late */
	readonly expires: Time;
}

/** what the session is collected with */
export interface LoginCollect {
	/** the secret that login.begin gave */
	readonly secret?: string;
}

/** one session */
export interface SessionRef {
	/** which */
	readonly session: SessionId;
}

/** a session */
export interface Session {
	/** which */
	readonly id: SessionId;
	/** it is this one */
	readonly current?: boolean;
	/** what opened it */
	readonly credential: CredentialId;
	/** what that is */
	readonly kind: CredentialKind;
	/** what that is called */
	readonly label: string;
	/** how certain it is who opened it */
	readonly assurance: Assurance;
	/** when it was opened */
	readonly created: Time;
	/** when it was used last, to within minutes */
	readonly used: Time;
	/** when it ends at the latest */
	readonly expires: Time;
	/** from where it was opened */
	readonly address?: string;
	/** with which program */
	readonly agent?: string;
}

/** sessions */
export interface SessionPage {
	/** the newest first */
	readonly list: readonly Session[];
}

/** how many there were */
export interface SessionsEnded {
	/** so many sessions */
	readonly count: number;
	/** the number of the record */
	readonly state?: State;
}

/** a new passkey */
export interface PasskeyAdd {
	/** what to call it */
	readonly label: string;
	/** the challenge that it answers */
	readonly challenge: Base64;
	/** clientDataJSON */
	readonly client_data: Base64;
	/** attestationObject */
	readonly attestation: Base64;
}

/** a credential */
export interface CredentialMade {
	/** which */
	readonly id: CredentialId;
	/** what opened the enrolment has ended: sign in now */
	readonly enrolled?: boolean;
	/** the number of the record */
	readonly state?: State;
}

/** a password */
export interface PasswordSet {
	/** at least 10 characters, and none that many have */
	readonly password?: string;
}

/** a secret for an authenticator app, shown this once */
export interface TotpMade {
	/** which */
	readonly id: CredentialId;
	/** the secret, in base32 */
	readonly secret?: string;
	/** the same as otpauth: URI, for a QR code */
	readonly uri?: string;
	/** the number of the record */
	readonly state?: State;
}

/** that the app works */
export interface TotpConfirm {
	/** the code that it shows now */
	readonly code?: string;
}

/** recovery codes, shown this once */
export interface RecoveryMade {
	/** one a line; each opens enrolment once */
	readonly codes?: string;
	/** the number of the record */
	readonly state?: State;
}

/** an invitation to enrol */
export interface InvitationIssue {
	/** for whom */
	readonly principal: PrincipalId;
	/** when it ends; in 3 days by default, in 14 at most */
	readonly expires?: Time;
}

/** a secret for one program */
export interface AppPasswordIssue {
	/** which program it is for */
	readonly label: string;
	/** what it may be used for; files by default */
	readonly families?: readonly Family[];
	/** for operations that change nothing */
	readonly read_only?: boolean;
	/** for files below this folder only */
	readonly folder?: FolderId;
}

/** what a second person is to approve */
export interface ApprovalAsk {
	/** what is to be done then: an operation, and its argument */
	readonly call: { readonly [operation: string]: object };
	/** the unit in which one may ask, where not in the organisation */
	readonly unit?: UnitId;
}

/** something that waits for a second person */
export interface RequestMade {
	/** which */
	readonly id: RequestId;
	/** until when it waits */
	readonly expires: Time;
	/** when it needs nobody's approval any more, if nobody has refused it */
	readonly ripe?: Time;
	/** the number of the record */
	readonly state?: State;
}

/** what waits for a second person */
export interface ApprovalList {
	/** about those who belong to this unit only */
	readonly unit?: UnitId;
}

/** something that waits for a second person */
export interface RequestRef {
	/** which */
	readonly request: RequestId;
}

/** something that waits for a second person */
export interface ApprovalRequest {
	/** which */
	readonly id: RequestId;
	/** what is to be done: an operation, and its argument */
	readonly call: { readonly [operation: string]: object };
	/** who asks */
	readonly by: PrincipalId;
	/** their name */
	readonly by_name: string;
	/** whom it is about */
	readonly principal: PrincipalId;
	/** their name */
	readonly name: string;
	/** since when */
	readonly created: Time;
	/** until when it waits */
	readonly expires: Time;
	/** when it needs nobody's approval any more, if nobody has refused it */
	readonly ripe?: Time;
	/** who has approved it; it may be done */
	readonly approved_by?: PrincipalId;
	/** their name */
	readonly approved_name?: string;
}

/** what waits for a second person */
export interface RequestPage {
	/** the newest first */
	readonly list: readonly ApprovalRequest[];
}

/** an exception from the policy */
export interface PolicyExcept {
	/** for whom */
	readonly principal: PrincipalId;
	/** which: password_alone */
	readonly relation: Relation;
	/** when it ends by itself, in 14 days at most */
	readonly expires: Time;
}

/** a person whom nobody is */
export interface CanaryPlant {
	/** the name shown to people */
	readonly name: string;
	/** a name to sign in by; there is nothing to sign in with */
	readonly login?: string;
	/** the name of a file in their home; what is in it is made up */
	readonly file?: string;
	/** who may read that file, and so finds it: a principal or a group */
	readonly reader?: PrincipalId;
}

/** a canary */
export interface CanaryPlanted {
	/** the person */
	readonly principal: PrincipalId;
	/** their file */
	readonly file?: FileId;
	/** the right of who may read it */
	readonly grant?: GrantId;
	/** the number of the record */
	readonly state?: State;
}

/** a page of canaries */
export interface CanaryList {
	/** the last one of the page before */
	readonly after?: PrincipalId;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** a canary */
export interface Canary {
	/** the person whom nobody is */
	readonly principal: PrincipalId;
	/** the name shown to people */
	readonly name: string;
	/** the name to sign in by */
	readonly login?: string;
	/** the file that nobody needs */
	readonly file?: FileId;
	/** its name */
	readonly file_name?: string;
	/** when it was planted */
	readonly created: Time;
	/** the record of the alert that it raised last; absent: none yet */
	readonly alert?: number;
	/** when that was */
	readonly touched?: Time;
	/** somebody has ended the person: signing in by the name raises nothing any more */
	readonly ended?: boolean;
}

/** a page of canaries */
export interface CanaryPage {
	/** in the order they were planted */
	readonly list: readonly Canary[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** who the caller is */
export interface SessionInfo {
	/** who */
	readonly principal: PrincipalId;
	/** their name */
	readonly name: string;
	/** this session */
	readonly session: SessionId;
	/** the credential that opened it */
	readonly credential: CredentialId;
	/** the folder that holds their files */
	readonly home?: FolderId;
	/** the folder that holds what they threw away */
	readonly trash?: FolderId;
	/** the state of their files */
	readonly files: State;
	/** when the session ends */
	readonly expires?: Time;
	/** changes when anything here does */
	readonly state: State;
	/** what the session may be used for */
	readonly families: readonly Family[];
	/** it may change nothing */
	readonly read_only: boolean;
	/** the name that they sign in by */
	readonly login?: string;
	/** others let them in anew: they must enrol, and what they had before ends then */
	readonly recovered?: boolean;
	/** how many requests wait for a second person that are about them */
	readonly waiting?: number;
	/** roles that they have in the organisation, or in any unit, by groups, too: what to offer them, not what they may; state doesn't follow them */
	readonly roles?: readonly Relation[];
}

/** anything */
export interface Echo {
	/** what comes back */
	readonly data?: Base64;
}

/** events for the caller */
export interface PushOpen {
	/** the state that the caller has */
	readonly since?: State;
}

/** a stream of events */
export interface PushStream {
	/** its number */
	readonly stream: number;
	/** the state of the caller's files now */
	readonly files: State;
	/** whose */
	readonly principal: PrincipalId;
}

/** a page of what lets anybody do anything */
export interface AuthorityList {
	/** of this kind only */
	readonly kind?: AuthorityOf;
	/** the one that the page before gave as next */
	readonly after?: Id;
	/** at most so many; 100 by default */
	readonly limit?: number;
	/** those only that aren't sound */
	readonly orphans?: boolean;
}

/** something that lets somebody do something */
export interface Authority {
	/** which */
	readonly id: Id;
	/** of which kind */
	readonly kind: AuthorityOf;
	/** which sort of these: person, passkey, edit */
	readonly sort: string;
	/** whose */
	readonly principal?: PrincipalId;
	/** their name */
	readonly name?: string;
	/** on what */
	readonly object?: Id;
	/** when it ends by itself */
	readonly expires?: Time;
	/** the record that must have made it */
	readonly sequence: number;
	/** what was done there */
	readonly operation?: string;
	/** when */
	readonly time?: Time;
	/** who did it */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** that record made it as it stands, and leads up to a ceremony */
	readonly sound: boolean;
	/** the record of that one */
	readonly ceremony?: number;
	/** what is wrong with it, in plain words */
	readonly wrong?: string;
	/** the operation that ends it */
	readonly ends: string;
	/** of a grant: when it allowed something last, as far as the log is indexed */
	readonly used?: Time;
}

/** a page of what lets anybody do anything */
export interface AuthorityPage {
	/** kind by kind, in the order they were made */
	readonly list: readonly Authority[];
	/** go on behind this one; absent at the end */
	readonly next?: Id;
	/** how many rows were looked at */
	readonly looked_at: number;
}

/** an incident to be looked into */
export interface IncidentOpen {
	/** what it is known by */
	readonly name: string;
}

/** an incident */
export interface IncidentMade {
	/** which */
	readonly id: IncidentId;
	/** the number of the record */
	readonly state?: State;
}

/** one incident */
export interface IncidentRef {
	/** which */
	readonly incident: IncidentId;
}

/** something known to be compromised: exactly one of credential, session, principal and address */
export interface IncidentSeed {
	/** of which incident */
	readonly incident: IncidentId;
	/** a credential that somebody else has */
	readonly credential?: CredentialId;
	/** a session that somebody else uses */
	readonly session?: SessionId;
	/** somebody, with all that they have to act by */
	readonly principal?: PrincipalId;
	/** a network address that the intruders came from */
	readonly address?: string;
	/** since when; of an address it must be given. Else: ever */
	readonly since?: Time;
	/** of an address: until when; else still */
	readonly until?: Time;
}

/** a page of incidents */
export interface IncidentList {
	/** the last one of the page before */
	readonly after?: IncidentId;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** an incident */
export interface Incident {
	/** which */
	readonly id: IncidentId;
	/** what it is known by */
	readonly name: string;
	/** when it was opened */
	readonly opened: Time;
	/** by whom */
	readonly by: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** how many seeds it has */
	readonly seeds: number;
	/** the record that froze the seeds last */
	readonly contained?: number;
	/** the record that proposed the cut that waits for a second person */
	readonly proposed?: number;
	/** who proposed it */
	readonly proposed_by?: PrincipalId;
	/** their name */
	readonly proposed_by_name?: string;
	/** the record of the last cut */
	readonly evicted?: number;
	/** the record that closed it */
	readonly closed?: number;
}

/** a page of incidents */
export interface IncidentPage {
	/** the newest first */
	readonly list: readonly Incident[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** what descends from an incident's seeds */
export interface IncidentScope {
	/** which */
	readonly incident: IncidentId;
	/** as of this record; the last one by default. It comes out the same for ever */
	readonly at?: number;
	/** the last one of the page before */
	readonly after?: Id;
	/** at most so many; 100 by default */
	readonly limit?: number;
}

/** how much of a kind descends */
export interface IncidentCount {
	/** which kind: session, credential, grant */
	readonly kind: string;
	/** for certain */
	readonly must: number;
	/** possibly */
	readonly may: number;
	/** of both: what has not ended */
	readonly live: number;
}

/** something that descends from the seeds */
export interface IncidentThing {
	/** which */
	readonly id: Id;
	/** of which kind */
	readonly kind: string;
	/** how certainly */
	readonly verdict: Verdict;
	/** by which rule */
	readonly rule: Descent;
	/** the record that made it */
	readonly sequence: number;
	/** what was done there */
	readonly operation?: string;
	/** when */
	readonly time?: Time;
	/** who did it */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** the record of that by which it descends */
	readonly cause?: number;
	/** it has not ended */
	readonly live: boolean;
	/** its name, or of what has none the name of whose it is */
	readonly name?: string;
	/** whose it is; of a version the file */
	readonly of?: Id;
}

/** what descends from an incident's seeds */
export interface IncidentClosure {
	/** as of this record */
	readonly at: number;
	/** the record of the installation, which is compromised itself: nothing can be proved here, install anew */
	readonly root?: number;
	/** by kind; of the first page */
	readonly counts: readonly IncidentCount[];
	/** seeds first, then in the order they were made */
	readonly list: readonly IncidentThing[];
	/** there are more behind the last */
	readonly more: boolean;
	/** tells this closure from any other: SHA-256 over a line for each thing, reference and verdict, in the order of the references */
	readonly digest: Base64;
	/** how many records changed something there */
	readonly acts: number;
}

/** what was done in what descends from an incident's seeds */
export interface IncidentActs {
	/** which */
	readonly incident: IncidentId;
	/** as of this record; the last one by default */
	readonly at?: number;
	/** behind this record */
	readonly after?: number;
	/** at most so many; 100 by default */
	readonly limit?: number;
	/** what was read, not what was changed */
	readonly reads?: boolean;
}

/** a record of what was done */
export interface IncidentAct {
	/** its number */
	readonly sequence: number;
	/** when */
	readonly time: Time;
	/** what */
	readonly operation: string;
	/** who */
	readonly by?: PrincipalId;
	/** their name */
	readonly by_name?: string;
	/** how certainly it descends */
	readonly verdict: Verdict;
	/** by which rule */
	readonly rule: Descent;
	/** on what first */
	readonly object?: Id;
	/** on how many things */
	readonly objects: number;
	/** the record of that by which it descends */
	readonly cause?: number;
}

/** records of what was done */
export interface IncidentActPage {
	/** as of this record */
	readonly at: number;
	/** in their order */
	readonly list: readonly IncidentAct[];
	/** there are more behind the last */
	readonly more: boolean;
}

/** something that a cut is not to end */
export interface IncidentSpare {
	/** of which incident */
	readonly incident: IncidentId;
	/** what only may descend */
	readonly id: Id;
	/** it is to be ended after all */
	readonly cut?: boolean;
}

/** a file to be as it was before a compromise */
export interface IncidentRevert {
	/** of which incident */
	readonly incident: IncidentId;
	/** which */
	readonly file: FileId;
}

/** what a cut has ended */
export interface IncidentCut {
	/** how many things */
	readonly count: number;
	/** what descended as of this record */
	readonly at: number;
	/** the number of the record */
	readonly state?: State;
}

/** a condition of a certificate */
export interface IncidentCheck {
	/** I0 to I6 */
	readonly code: string;
	/** it is so */
	readonly holds: boolean;
	/** what was found, in plain words */
	readonly text: string;
}

/** whether they are out, relative to an incident's seeds */
export interface IncidentCertificate {
	/** each condition does */
	readonly holds: boolean;
	/** as of this record */
	readonly at: number;
	/** the record of the cut; absent: there was none */
	readonly evicted?: number;
	/** the conditions, in their order */
	readonly checks: readonly IncidentCheck[];
	/** all of it as lines, with what it doesn't prove; the record of this operation holds its digest, and so the log's next checkpoint signs it */
	readonly text: string;
	/** SHA-256 of the text */
	readonly digest: Base64;
}

/** a document to be opened */
export interface DocumentOpen {
	/** which */
	readonly file: FileId;
}

/** a view of an open document */
export interface DocumentView {
	/** its number */
	readonly stream: number;
	/** of which file */
	readonly file: FileId;
	/** the file's name */
	readonly name: string;
	/** what one may do in it now; where this ends, so does the view */
	readonly rights: readonly Relation[];
	/** the current one of the file */
	readonly version: VersionId;
}

/** an open document to be saved */
export interface DocumentSave {
	/** which */
	readonly file: FileId;
}

/** what is selected in a view */
export interface DocumentCopy {
	/** of which document */
	readonly file: FileId;
	/** the view's number */
	readonly stream: number;
	/** the media type wanted: text/html or text/plain, which is the default */
	readonly type?: string;
}

/** a document in another form */
export interface DocumentExport {
	/** which */
	readonly file: FileId;
	/** in which: one of its kind, or pdf */
	readonly format: DocumentFormat;
}

/** a document on paper */
export interface DocumentPrint {
	/** which */
	readonly file: FileId;
}

/** a document in another form */
export interface DocumentWritten {
	/** the stream that brings it */
	readonly stream: number;
	/** of which file */
	readonly file: FileId;
	/** its name in that form */
	readonly name: string;
	/** its media type */
	readonly type: string;
}

/** Operations that can be called by their own names (urn:chancery:operations). */
export interface Operations {
	/** Adds a principal, with a home folder */
	"principal.create": {arguments: PrincipalCreate; result: Principal};
	/** Lists the principals */
	"principal.list": {arguments: PrincipalList; result: PrincipalPage};
	/** Ends a principal, with all its sessions and credentials; its files stay */
	"principal.end": {arguments: PrincipalRef; result: Done};
	/** Issues a token for a service; the secret is shown once */
	"token.issue": {arguments: TokenIssue; result: TokenIssued};
	/** Lists tokens, without their secrets */
	"token.list": {arguments: TokenList; result: CredentialPage};
	/** Ends a token and whatever it has open */
	"token.revoke": {arguments: CredentialRef; result: Done};
	/** Gives a principal a right on a folder or file */
	"share.grant": {arguments: ShareGrant; result: GrantMade};
	/** Takes such a right away; with that of a link the link itself */
	"share.revoke": {arguments: GrantRef; result: Done};
	/** Lists the rights given on a folder or file itself */
	"share.list": {arguments: NodeRef; result: GrantPage};
	/** Gives a principal a role in the organisation, or in a unit */
	"role.grant": {arguments: RoleGrant; result: GrantMade};
	/** Takes such a role away */
	"role.revoke": {arguments: GrantRef; result: Done};
	/** Lists the roles given in the organisation, or in a unit; or all that somebody has, by groups, too, as one may of oneself */
	"role.list": {arguments: RoleList; result: GrantPage};
	/** Says whether a principal has a right, and what that rests on */
	"access.why": {arguments: AccessWhy; result: AccessAnswer};
	/** Erases the personal data of an ended principal from the log: texts go, proofs stay */
	"subject.erase": {arguments: PrincipalRef; result: Done};
	/** Finds people, guests, groups and services by how words of their names begin, to share something with them; nobody from outside may */
	"principal.find": {arguments: PrincipalFind; result: FoundPrincipals};
	/** Makes a folder */
	"folder.create": {arguments: FolderCreate; result: NodeMade};
	/** Makes a file, or a new version of the one that has that name */
	"file.create": {arguments: FileCreate; result: NodeMade};
	/** Gives a file a new version */
	"file.write": {arguments: FileWrite; result: NodeMade};
	/** Describes a folder or file */
	"node.get": {arguments: NodeRef; result: Node};
	/** Lists a folder, a page at a time */
	"folder.list": {arguments: FolderList; result: NodePage};
	/** Gives a folder or file another name in its folder */
	"node.rename": {arguments: NodeRename; result: NodeMade};
	/** Moves a folder or file, with all that is in it, to another folder */
	"node.move": {arguments: NodeMove; result: NodeMade};
	/** Throws a folder or file into its owner's trash */
	"node.trash": {arguments: NodeRef; result: NodeMade};
	/** Takes a folder or file out of the trash */
	"node.restore": {arguments: NodeRestore; result: NodeMade};
	/** Ends a folder or file in the trash; its bytes stay out of reach for 30 days, then go */
	"node.purge": {arguments: NodeRef; result: Done};
	/** Lists the versions of a file */
	"version.list": {arguments: VersionList; result: VersionPage};
	/** Says what changed in the caller's files since a state */
	"file.changes": {arguments: FileChanges; result: ChangePage};
	/** Makes an old version of a file the current one again, as a new version */
	"version.restore": {arguments: VersionRestore; result: NodeMade};
	/** Gives a version of a file a name, by which it is kept, or takes it away */
	"version.name": {arguments: VersionName; result: Done};
	/** Copies a file, or a folder with all that is in it: 500 folders and files at most */
	"node.copy": {arguments: NodeCopy; result: NodeMade};
	/** Finds folders and files by words of their names, among one's own and those shared with the caller */
	"node.search": {arguments: NodeSearch; result: SearchPage};
	/** Lists what lies in the caller's trash, where it was, and since when */
	"trash.list": {arguments: TrashList; result: TrashPage};
	/** Lists folders and files that others share with the caller */
	"share.with_me": {arguments: ShareWithMe; result: SharedPage};
	/** Tells the owner of a folder or file who did what with it, reads included */
	"activity.list": {arguments: ActivityList; result: ActivityPage};
	/** Stores bytes that a file will get, where they are few */
	"upload.store": {arguments: UploadStore; result: UploadStored};
	/** Says what a principal stores, older versions and the trash included, and how much it may be */
	"quota.get": {arguments: QuotaGet; result: Quota};
	/** Sets how much a principal may store, or lets the configured default hold again */
	"quota.set": {arguments: QuotaSet; result: Done};
	/** Gives the caller the right to read all files of another principal for a day, to export them; it shows among the shares */
	"export.open": {arguments: ExportOpen; result: ExportOpened};
	/** Stars a folder or file for oneself, or takes the star away */
	"node.star": {arguments: NodeStar; result: Done};
	/** Lists the folders and files that the caller has starred, the last first */
	"star.list": {arguments: OwnList; result: OwnPage};
	/** Lists the files that the caller has made, changed or read, the last first */
	"recent.list": {arguments: OwnList; result: OwnPage};
	/** Finds records */
	"log.search": {arguments: LogSearch; result: RecordPage};
	/** Shows one record */
	"log.show": {arguments: LogRef; result: Record};
	/** Proves that a record stands in the log */
	"log.prove": {arguments: LogRef; result: LogProof};
	/** Shows where something comes from, and what came of it */
	"lineage.show": {arguments: LineageShow; result: Lineage};
	/** Counts records by time */
	"log.timeline": {arguments: LogTimeline; result: Timeline};
	/** Says how far the log is, and its checkpoint, its index and its mirrors */
	"log.status": {arguments: Nothing; result: LogState};
	/** Says how the server is */
	"status.read": {arguments: Nothing; result: Status};
	/** Says how far the server is set up */
	"setup.progress": {arguments: Nothing; result: SetupProgress};
	/** Says who the caller is */
	"session.get": {arguments: Nothing; result: SessionInfo};
	/** Gives back what it got (RFC 8620, section 4) */
	"core.echo": {arguments: Echo; result: Echo};
	/** Signs a person in: by a passkey, or by name, password and code */
	"session.begin": {arguments: SessionBegin; result: SessionMade};
	/** Signs out: this session ends */
	"session.end": {arguments: Nothing; result: Done};
	/** Lists somebody's sessions, with place, device and last use */
	"session.list": {arguments: PrincipalRef; result: SessionPage};
	/** Ends a session and whatever it has open */
	"session.revoke": {arguments: SessionRef; result: Done};
	/** Ends all sessions that somebody signed in to, but the caller's own */
	"session.revoke_all": {arguments: PrincipalRef; result: SessionsEnded};
	/** Gives a challenge for a passkey to answer, once, within five minutes */
	"challenge.make": {arguments: ChallengeMake; result: Challenge};
	/** Confirms that it is still them: what it allows, it allows for five minutes */
	"session.stepup": {arguments: SessionBegin; result: Done};
	/** Lists somebody's credentials, without their secrets */
	"credential.list": {arguments: PrincipalRef; result: CredentialPage};
	/** Ends a credential, with the sessions that it opened */
	"credential.end": {arguments: CredentialRef; result: Done};
	/** Registers a passkey of one's own */
	"passkey.add": {arguments: PasskeyAdd; result: CredentialMade};
	/** Sets one's password; what the old one opened ends */
	"password.set": {arguments: PasswordSet; result: CredentialMade};
	/** Gives a secret to an authenticator app; a code confirms it */
	"totp.begin": {arguments: Nothing; result: TotpMade};
	/** Confirms that the app works: the one before it ends */
	"totp.confirm": {arguments: TotpConfirm; result: CredentialMade};
	/** Makes ten codes for the day that all else is lost; those before them end */
	"recovery.make": {arguments: Nothing; result: RecoveryMade};
	/** Gives one program a secret of its own; it is shown once, and ends when unused for 90 days */
	"app_password.issue": {arguments: AppPasswordIssue; result: TokenIssued};
	/** Invites a person who has nothing to sign in with yet to enrol; the one before it ends */
	"invitation.issue": {arguments: InvitationIssue; result: TokenIssued};
	/** Suspends a principal: all it has open is closed, and nothing is allowed until it is resumed */
	"principal.suspend": {arguments: PrincipalRef; result: Done};
	/** Lets a suspended principal act again */
	"principal.resume": {arguments: PrincipalRef; result: Done};
	/** Puts a principal into another unit, or into none: its administrators are those of that unit from then on */
	"principal.move": {arguments: PrincipalMove; result: Done};
	/** Gives a principal another name, or a person another name to sign in by; groups have names, too */
	"principal.rename": {arguments: PrincipalRename; result: Done};
	/** Adds a group: whatever is given to it, its members have */
	"group.create": {arguments: GroupCreate; result: Principal};
	/** Lists the groups */
	"group.list": {arguments: PrincipalList; result: PrincipalPage};
	/** Lists who is in a group itself */
	"group.members": {arguments: GroupMembers; result: MemberPage};
	/** Puts a principal into a group, or a group into another; groups nest to 8 */
	"member.add": {arguments: MemberAdd; result: GrantMade};
	/** Takes a member out of a group, and what it had from there */
	"member.remove": {arguments: MemberRef; result: Done};
	/** Ends a group: what was given to it, nobody has from it any more */
	"group.end": {arguments: PrincipalRef; result: Done};
	/** Adds a unit: a part of the organisation that may have administrators of its own */
	"unit.create": {arguments: UnitCreate; result: Unit};
	/** Lists the units */
	"unit.list": {arguments: UnitList; result: UnitPage};
	/** Ends a unit that nobody belongs to any more, with the roles in it */
	"unit.end": {arguments: UnitRef; result: Done};
	/** Gives a unit another name */
	"unit.rename": {arguments: UnitRename; result: Done};
	/** Says who all has a right, each with the grant and the group that they have it by */
	"access.who_can": {arguments: AccessWhoCan; result: WhoPage};
	/** Lets a principal, or all in a group, use an app */
	"app.grant": {arguments: AppGrant; result: GrantMade};
	/** Takes such a right away */
	"app.revoke": {arguments: GrantRef; result: Done};
	/** Lists the rights to use an app */
	"app.list": {arguments: AppList; result: GrantPage};
	/** Makes a link, which gives whoever has it a right on a folder or file; its secret is shown once */
	"link.make": {arguments: LinkMake; result: LinkMade};
	/** Lists the links to the caller's own folders and files, and how often each was opened */
	"link.list": {arguments: LinkList; result: LinkPage};
	/** Opens a link: a session for what it leads to, of 12 hours at most */
	"link.open": {arguments: LinkOpen; result: LinkOpened};
	/** Asks for a session that a person will approve: gives a code to show, and a secret to collect it with */
	"login.begin": {arguments: LoginBegin; result: LoginBegun};
	/** Says who asks for a session by that code, and from where */
	"login.show": {arguments: LoginRef; result: LoginRequest};
	/** Gives it a session of one's own, to be collected once within its ten minutes */
	"login.approve": {arguments: LoginRef; result: Done};
	/** Collects the session that was approved; its secret is shown once */
	"login.collect": {arguments: LoginCollect; result: SessionMade};
	/** Asks a second person to approve something that one does not do alone; it waits for seven days */
	"approval.ask": {arguments: ApprovalAsk; result: RequestMade};
	/** Lists what waits for a second person */
	"approval.list": {arguments: ApprovalList; result: RequestPage};
	/** Approves, as the second person, what another one asks for: then they may do it, once */
	"approval.give": {arguments: RequestRef; result: Done};
	/** Refuses what waits for a second person, or takes it back; whom a recovery is about may, too */
	"approval.refuse": {arguments: RequestRef; result: Done};
	/** Makes an exception from the policy, for one person and until a time, of 14 days at most */
	"policy.except": {arguments: PolicyExcept; result: GrantMade};
	/** Lists the exceptions from the policy that stand */
	"policy.list": {arguments: Nothing; result: GrantPage};
	/** Ends such an exception, and the sessions that it let in */
	"policy.end": {arguments: GrantRef; result: Done};
	/** Lets somebody who has lost all that they sign in with enrol anew, by a second person's approval or after a day in which nobody refused; what they had ends when they have */
	"recovery.issue": {arguments: PrincipalRef; result: TokenIssued};
	/** Lists what waits for a second person and is the caller's own, or about them */
	"approval.mine": {arguments: Nothing; result: RequestPage};
	/** Plants a canary: a person whom nobody is, with a file that nobody needs; who touches one raises an alert */
	"canary.plant": {arguments: CanaryPlant; result: CanaryPlanted};
	/** Lists the canaries, each with the alert that it raised last */
	"canary.list": {arguments: CanaryList; result: CanaryPage};
	/** Ends a canary, with its file and the rights on it: nothing is raised for it any more */
	"canary.end": {arguments: PrincipalRef; result: Done};
	/** Lists all that lets anybody do anything, from the tables that decide, each held against the record that made it */
	"authority.list": {arguments: AuthorityList; result: AuthorityPage};
	/** Tells how each control of the bar came out; the report before goes */
	"bar.report": {arguments: BarReport; result: Done};
	/** Shows the controls of the bar, and how each came out last */
	"bar.show": {arguments: Nothing; result: BarShown};
	/** Has an open document saved now, as a new version of its file */
	"document.save": {arguments: DocumentSave; result: Done};
	/** Brings what is selected in a view of one's own as a frame, for the clipboard */
	"document.copy": {arguments: DocumentCopy; result: Done};
	/** Opens an incident: what is known to be compromised is named next, by incident.seed */
	"incident.open": {arguments: IncidentOpen; result: IncidentMade};
	/** Names what is known to be compromised: credentials, sessions, people, addresses, each since a time */
	"incident.seed": {arguments: IncidentSeed; result: Done};
	/** Lists the incidents */
	"incident.list": {arguments: IncidentList; result: IncidentPage};
	/** Says what descends from an incident's seeds: for certain, and possibly, each by which rule */
	"incident.scope": {arguments: IncidentScope; result: IncidentClosure};
	/** Lists what was done, or read, in what descends from an incident's seeds */
	"incident.acts": {arguments: IncidentActs; result: IncidentActPage};
	/** Spares by name what only may descend, so that a cut doesn't end it, or takes that back; a cut that was proposed must be so anew */
	"incident.spare": {arguments: IncidentSpare; result: Done};
	/** Ends the sessions and credentials that are an incident's seeds, at once and by one person; all else is for incident.evict */
	"incident.contain": {arguments: IncidentRef; result: IncidentCut};
	/** Proposes the cut of what descends from an incident's seeds, as one has looked at it; another responder of other lineage carries it out */
	"incident.propose": {arguments: IncidentRef; result: Done};
	/** Carries out the cut that another responder proposed: all that descends from the seeds ends in one transaction, with what came since the proposal, but for what was spared */
	"incident.evict": {arguments: IncidentRef; result: IncidentCut};
	/** Closes an incident: what it ended stays ended */
	"incident.close": {arguments: IncidentRef; result: Done};
	/** Says whether they are out: goes through the tables that decide, holds each row against the log and against what descends, and names what it doesn't prove */
	"incident.certify": {arguments: IncidentRef; result: IncidentCertificate};
	/** Lets a file be again what it was before what descends from the seeds changed it: its last version that doesn't, as a new one. Where somebody else has changed it since, nothing is done */
	"incident.revert": {arguments: IncidentRevert; result: Done};
}

export type OperationName = keyof Operations;

export type ErrorCode =
	| "NOMEM"
	| "IO"
	| "FULL"
	| "LIMIT"
	| "BUSY"
	| "TIMEOUT"
	| "CLOSED"
	| "UNKNOWN"
	| "RATE"
	| "UNAUTHENTICATED"
	| "DENIED"
	| "EXPIRED"
	| "SCOPE"
	| "STEPUP"
	| "SUSPENDED"
	| "ASSURANCE"
	| "LINEAGE"
	| "PASSWORD"
	| "NOT_FOUND"
	| "EXISTS"
	| "INVALID"
	| "CONFLICT"
	| "OVER_QUOTA"
	| "LOOP"
	| "DEPTH"
	| "NAME"
	| "SYNTAX"
	| "UTF8"
	| "UNSUPPORTED"
	| "REUSED"
	| "GONE"
	| "STATE"
	| "RANGE"
	| "KIND"
	| "LAST"
	| "DIGEST"
	| "DAMAGED"
	| "SHORT"
	| "WEAK"
	| "APPROVAL"
	| "CORRUPT"
	| "VERSION"
	| "GRAMMAR"
	| "SANDBOX"
	| "CONFIG"
	| "INCONSISTENT"
	| "CRYPTO"
	| "CLOCK"
	| "TREE";

/** How an operation went for one object. */
export type Answer<R> =
	| ({readonly ok: true} & R)
	| {
			readonly ok: false;
			readonly code: ErrorCode;
			readonly error: {readonly type: string; readonly description: string};
	  };
