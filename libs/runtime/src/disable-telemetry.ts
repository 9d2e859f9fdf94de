/**
 * Importing this first keeps ONNX Runtime from telling its maker what it runs: since 1.29 its official libraries send models' names and
 * hashes, and keep an identifier and a database in the home folder, unless this is set when the library is loaded. Only the main thread can
 * set it for the whole process.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
