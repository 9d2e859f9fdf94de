export { EnumNames } from './enum-names.js';
export { type SpecFields, specFromMessages, specToMessages, TASKS } from './spec-messages.js';
