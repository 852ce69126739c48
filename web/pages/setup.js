// The ceremony: who has the installation's token makes the first administrator,
// and enrols as that person.
import { call, callEach, field, onSubmit, Refused } from "./common.js";

const ROLES = ["user_admin", "log_reader", "security_responder", "operator"];

/**
 * The person, who may have been made by a try before this one.
 * @param {string} name
 * @param {string} login
 * @param {string} token
 * @returns {Promise<string>}
 */
async function person(name, login, token) {
  try {
    const made = await call(
      "principal.create",
      { kind: "person", name, login },
      token,
    );
    return made["id"];
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "EXISTS") throw error;
    const page = await call("principal.list", { limit: 500 }, token);
    for (const one of page["list"])
      if (one.login === login && !one.ended) return one.id;
    throw error;
  }
}

/**
 * @param {string} principal
 * @param {string} token
 */
async function giveRoles(principal, token) {
  const page = await call("role.list", { principal }, token);
  const has = new Set(
    page["list"].map((/** @type {any} */ grant) => grant.relation),
  );
  const missing = ROLES.filter((relation) => !has.has(relation));
  if (missing.length > 0)
    await callEach(
      "role.grant",
      missing.map((relation) => ({ principal, relation })),
      token,
    );
}

onSubmit("form", async () => {
  const token = field("token").value.trim();
  const id = await person(
    field("name").value.trim(),
    field("login").value.trim(),
    token,
  );
  await giveRoles(id, token);
  const invitation = await call("invitation.issue", { principal: id }, token);
  location.replace(`/enrol#${invitation["secret"]}`);
});
