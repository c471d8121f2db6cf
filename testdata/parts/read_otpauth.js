// What two readers of npm find in the address of a QR code, and their codes at a time in seconds: a line of JSON each.
//
//     read_otpauth.js ADDRESS TIME

const { createRequire } = require("node:module");

const installed = createRequire(`${process.env.COUNTERSIGN_TEST_PARTS}/node/`);
const [address, time] = process.argv.slice(2);

function byOtpauth() {
  const app = installed("otpauth").URI.parse(address);
  return {
    issuer: app.issuer,
    account: app.label,
    algorithm: app.algorithm,
    digits: app.digits,
    period: app.period,
    code: app.generate({ timestamp: Number(time) * 1000 }),
  };
}

async function byOtplib() {
  const { label, params } = installed("@otplib/uri").parse(address);
  const { issuer, secret, algorithm, digits, period } = params;
  return {
    issuer,
    // It leaves the label as it is, which begins with the issuer.
    account: label.slice(label.indexOf(":") + 1),
    algorithm: algorithm.toUpperCase(),
    digits,
    period,
    code: await installed("otplib").generate({ secret, algorithm, digits, period, epoch: Number(time) }),
  };
}

async function main() {
  console.log(JSON.stringify(byOtpauth()));
  console.log(JSON.stringify(await byOtplib()));
}

main();
