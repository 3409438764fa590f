/** Between literals, what a form holds, and texts: pure, exact, for every type of the wire. */
export { asType, fits } from "./fits";
export { fromLiteral } from "./read";
export { typeWords, type FieldShape, type Shape, type Variant } from "./shape";
export { commandText, jsonOfLiteral, launchCommand, launchPython, type LaunchWords } from "./text";
export { shapeOfType } from "./type";
export { canStay, emptyOf, initial, newKey, UNSET, type Value } from "./value";
export { writeLiteral, type Problem } from "./write";
export { inputsOf, isTyped, typedOf, valueOf, writeInputs, type Input, type WrittenInputs } from "./inputs";
