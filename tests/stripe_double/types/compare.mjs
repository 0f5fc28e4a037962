/* Compares the Stripe double with Stripe's public TypeScript types.

   node compare.mjs FOLDER < double.json

   FOLDER holds the node_modules of package.json; description.py writes double.json.
   Prints a JSON list with one line for each difference, sorted. */
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";

const folder = process.argv[2];
const ts = createRequire(join(folder, "package.json"))("typescript");
const double = JSON.parse(readFileSync(0, "utf8"));
const differences = new Set();
const report = (path, problem) => differences.add(`${path}: ${problem}`);

// The types ------------------------------------------------------------------------------------

/* A file that exists in memory only: one interface for each kind of subject. */
const PROBE = join(folder, "probe.ts");
const declared = table => Object.entries(table).map(([name, {type}]) => `${JSON.stringify(name)}: ${type};`).join("\n");
const probe = `
  import Stripe from "stripe";
  import type * as js from "@stripe/stripe-js";
  interface Objects {${declared(double.objects)}}
  interface Calls {${declared(double.parameters)}}
  interface Names {${declared(double.names)}}
  interface Options {${declared(double.options.calls)}}
`;

function startChecker() {
  const options = {
    strict: true, skipLibCheck: true, noEmit: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const {getSourceFile, fileExists} = host;
  host.getSourceFile = (name, ...rest) =>
    name === PROBE ? ts.createSourceFile(name, probe, options.target) : getSourceFile(name, ...rest);
  host.fileExists = name => name === PROBE || fileExists(name);
  const program = ts.createProgram([PROBE], options, host);
  const source = program.getSourceFile(PROBE);
  for (const {messageText} of program.getSemanticDiagnostics(source))
    report("types", ts.flattenDiagnosticMessageText(messageText, " "));
  return [program.getTypeChecker(), source];
}

const [checker, source] = startChecker();

/* The types that one interface of the probe names. */
function declaredTypes(name) {
  const node = source.statements.find(each => ts.isInterfaceDeclaration(each) && each.name.text === name);
  return new Map(checker.getTypeAtLocation(node).getProperties().map(each => [each.name, typeOf(each)]));
}

const F = ts.TypeFlags;
const typeOf = property => checker.getTypeOfSymbol(property);
const indexOf = type => checker.getIndexTypeOfType(type, ts.IndexKind.String);
const isOptional = property => Boolean(property.flags & ts.SymbolFlags.Optional);
const partsOf = type => (type.isUnion() ? type.types : [type]);
const has = (type, flags) => partsOf(type).some(part => part.flags & flags);
const isText = part => part.flags & F.String || (part.isIntersection() && part.types.some(each => each.flags & F.String));
const isTable = part => part.flags & (F.Object | F.Intersection) && !isText(part) && !checker.isArrayType(part);
const tablesOf = type => partsOf(type).filter(isTable);
const takesText = type => partsOf(type).some(part => isText(part) || part.flags & F.StringLiteral);

/* The named values of an enum, booleans too; "" is not one of them: it unsets a parameter.
   Stripe adds "any other string" to many enums, for versions to come: that does not open them here. */
function literalsOf(type) {
  const names = partsOf(type).map(part => (part.flags & F.BooleanLiteral ? part.intrinsicName : part.isStringLiteral() && part.value));
  return names.filter(name => name);
}

function elementOf(type) {
  const list = partsOf(type).find(part => checker.isArrayType(part));
  return list && checker.getTypeArguments(list)[0];
}

// Objects --------------------------------------------------------------------------------------

const BROWSER = " in a browser";  // what stripe.js gets is typed elsewhere, with fewer fields
const served = new Map();  // path of an enum -> the values that Stripe knows, those that the double served

function checkValue(value, type, path) {
  if (has(type, F.Any | F.Unknown)) return;
  if (value === null) {
    if (!has(type, F.Null)) report(path, "null, which Stripe never sends");
  } else if (Array.isArray(value)) {
    const element = elementOf(type);
    if (element) value.forEach(each => checkValue(each, element, `${path}[]`));
    else report(path, "a list, which Stripe never sends");
  } else if (typeof value === "object") {
    checkObject(value, type, path);
  } else if (typeof value === "string") {
    checkText(value, type, path);
  } else if (!has(type, typeof value === "number" ? F.NumberLike : F.BooleanLike)) {
    report(path, `a ${typeof value}, which Stripe never sends`);
  }
}

function checkText(value, type, path) {
  const known = literalsOf(type);
  if (known.length && tablesOf(type).length === 0) {
    if (!served.has(path)) served.set(path, [known, new Set()]);
    served.get(path)[1].add(value);
    if (!known.includes(value)) report(path, `value "${value}" is unknown to Stripe`);
  } else if (!takesText(type)) {
    report(path, "a string, which Stripe never sends");
  }
}

/* Of several types, the one that has the value's `type` (events) or `object` (expanded fields). */
function tableFor(value, type) {
  const tables = tablesOf(type);
  const says = name => table => {
    const property = table.getProperty(name);
    return property && literalsOf(typeOf(property)).includes(value[name]);
  };
  return tables.find(says(value.object === "event" ? "type" : "object")) || tables[0];
}

/* An object in an event, a list or another object's field counts as the same as one by itself. */
function pathOf(value, path) {
  if (typeof value.object !== "string" || value.object === "list" || !/\.|\[\]/.test(path)) return path;
  return value.object.split(".").pop() + (path.includes(BROWSER) ? BROWSER : "");
}

function checkObject(value, type, outerPath) {
  const path = pathOf(value, outerPath);
  const table = tableFor(value, type);
  if (!table) return report(path, "an object, which Stripe never sends");
  const index = indexOf(table);
  for (const [name, inner] of Object.entries(value)) {
    const property = table.getProperty(name);
    if (property) checkValue(inner, typeOf(property), `${path}.${name}`);
    else if (index) checkValue(inner, index, `${path}.*`);
    else report(`${path}.${name}`, "unknown to Stripe");
  }
  for (const property of table.getProperties()) {
    const nullable = has(typeOf(property), F.Null) ? " (may be null)" : "";
    if (!(property.name in value) && !isOptional(property)) report(`${path}.${property.name}`, `missing${nullable}`);
  }
}

/* Enums of an object's own fields also tell which of Stripe's values no test can meet. */
function checkObjects() {
  const types = declaredTypes("Objects");
  for (const [name, {bodies}] of Object.entries(double.objects))
    for (const body of bodies) checkValue(body, types.get(name), name);
  for (const [path, [known, values]] of served)
    if (known.length > 1 && /^\w+\.\w+$/.test(path))
      for (const value of known) if (!values.has(value)) report(path, `value "${value}" is never served`);
}

// Parameters -----------------------------------------------------------------------------------

function checkParameter(accepted, type, path) {
  if (accepted === "any") checkPlain(type, path);
  else if (accepted.values) checkChoice(accepted.values, type, path);
  else if (accepted.table) checkTable(accepted, type, path, name => `${path}[${name}]`);
  else if (elementOf(type)) checkParameter(accepted.list, elementOf(type), `${path}[]`);
  else report(path, "not a list at Stripe");
}

function checkPlain(type, path) {
  const known = literalsOf(type);
  if (known.length) report(path, `takes any value, and Stripe only ${known.join(", ")}`);
  else if (!takesText(type) && !has(type, F.NumberLike)) report(path, "not a plain value at Stripe");
}

function checkChoice(values, type, path) {
  const known = literalsOf(type);
  for (const value of values) if (!known.includes(value)) report(path, `value "${value}" is unknown to Stripe`);
  for (const value of known) if (!values.includes(value)) report(path, `value "${value}" is not doubled`);
}

/* `required` and `unset`: the names that the double demands, and those that "" unsets; null where they do not matter. */
function checkTable({table: names, required = Object.keys(names), unset = null}, type, path, below) {
  const table = tablesOf(type)[0];
  if (!table) return report(path, "not a table at Stripe");
  if ("*" in names && !indexOf(table)) report(path, "takes names of one's choice, unlike Stripe");
  if ("" in names) checkPlain(type, path);
  for (const [name, accepted] of Object.entries(names)) {
    const property = table.getProperty(name);
    if (property) checkParameter(accepted, typeOf(property), below(name));
    else if (name && name !== "*" && !indexOf(table)) report(below(name), "unknown to Stripe");
  }
  for (const property of table.getProperties()) {
    const {name} = property;
    if (!(name in names)) report(below(name), "not doubled");
    if (!isOptional(property) && !required.includes(name)) report(below(name), "required at Stripe");
    if (isOptional(property) && unset && required.includes(name)) report(below(name), "optional at Stripe");
    if (unset && name in names && canBeUnset(typeOf(property)) !== unset.includes(name))
      report(below(name), canBeUnset(typeOf(property)) ? "can be unset at Stripe" : "cannot be unset at Stripe");
  }
}

/* Whether "" is a value of its own, as in Emptyable<…>; TypeScript forgets that of a string. */
const canBeUnset = type => partsOf(type).some(part => part.isStringLiteral() && part.value === "");

function checkParameters() {
  const types = declaredTypes("Calls");
  for (const [call, {accepted}] of Object.entries(double.parameters))
    checkTable(accepted, types.get(call), call, name => `${call} ${name}`);
}

// Names: events, error codes, the API version ----------------------------------------------------

function checkNames() {
  const types = declaredTypes("Names");
  for (const [name, {values}] of Object.entries(double.names)) {
    const known = literalsOf(types.get(name));
    for (const value of values) if (!known.includes(value)) report(name, `"${value}" is unknown to Stripe`);
  }
}

// Options of stripe.js, whose table is written like TypeScript ("'a' | string", "name?", a name of `types`) ---

/* What a written type allows, names of plain types replaced: ["'a'", "string", {…a table…}]. */
function choicesOf(written) {
  if (typeof written !== "string") return [written];
  return written.split(" | ").flatMap(each => (each in double.options.types ? choicesOf(double.options.types[each]) : [each]));
}

/* The same of a real type; undefined is what "?" says. */
function choicesIn(type) {
  const parts = partsOf(type).filter(part => !(part.flags & (F.Undefined | F.Never)));
  const names = parts.map(part => {
    if (checker.isArrayType(part)) return takesText(elementOf(part)) && !tablesOf(elementOf(part)).length ? "string[]" : "object[]";
    if (part.isStringLiteral()) return `'${part.value}'`;
    if (part.flags & F.BooleanLike) return "boolean";
    return isTable(part) ? "object" : checker.typeToString(part);
  });
  return new Set(names);
}

function checkOption(written, type, path) {
  const choices = choicesOf(written);
  const accepted = new Set(choices.map(each => (typeof each === "string" ? each : "object")));
  const known = choicesIn(type);
  for (const each of accepted) if (!known.has(each)) report(path, `${each} is unknown to Stripe`);
  for (const each of known) if (!accepted.has(each)) report(path, `${each} is not doubled`);
  const table = choices.find(each => typeof each !== "string");
  if (table && tablesOf(type).length) checkOptionTable(table, tablesOf(type)[0], name => `${path}.${name}`);
}

function checkOptionTable(written, table, below) {
  const names = new Map(Object.entries(written).map(([name, inner]) => [name.replace("?", ""), [name.endsWith("?"), inner]]));
  const never = property => choicesIn(typeOf(property)).size === 0;
  for (const [name, [optional, inner]] of names) {
    const property = table.getProperty(name);
    if (!property) report(below(name), "unknown to Stripe");
    else {
      if (optional !== isOptional(property)) report(below(name), optional ? "required at Stripe" : "optional at Stripe");
      checkOption(inner, typeOf(property), below(name));
    }
  }
  for (const property of table.getProperties())
    if (!names.has(property.name) && !never(property)) report(below(property.name), "not doubled");
}

function checkOptions() {
  const types = declaredTypes("Options");
  for (const [call, {options}] of Object.entries(double.options.calls))
    checkOptionTable(options, tablesOf(types.get(call))[0], name => `${call} ${name}`);
}

if (differences.size === 0) [checkObjects, checkParameters, checkNames, checkOptions].forEach(check => check());
console.log(JSON.stringify([...differences].sort(), null, 1));
