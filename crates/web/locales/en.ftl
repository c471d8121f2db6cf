### Everything a person reads, in English. Reading age 12, "you" and "we", no jargon.

## Every page

title = { $page } – { $brand }
title-error = Error: { $page } – { $brand }
skip-to-content = Skip to main content
mistakes-heading = There is a problem
support = Need help? Contact { $contact }
# Who can do what a person cannot; `en-without-support.ftl` says it where no contact is configured.
-helper = support
breadcrumb = Breadcrumb
product-line = Account security by Countersign
cancel = Cancel
back = Back
next = Next
done = Done
copy = Copy
copied = Copied
step = Step { $step } of { $steps }
moment = { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $day }, { $year } at { $time } UTC

## Menu

menu-of = Menu of { $name }
menu-sections = Account sections
menu-sections-short = Account
menu-profile = Profile
menu-security = Security
sign-out = Sign out

## Fields

field-email = Email
field-password = Password
field-current-password = Current password
field-new-password = New password
field-code = Authentication code

## Sign in

sign-in-heading = Sign in
sign-in-submit = Sign in
code-heading = Confirm it’s you
code-from-app = Enter the 6-digit code from your authenticator app.
code-submit = Verify
code-start-again = Start again


## Profile

profile-heading = Profile
profile-about = About you
profile-name = Name
profile-email = Email
profile-company = Company
profile-password = Password
profile-change-password = Change password
profile-password-explanation = When you change it, your other devices are signed out.
email-verified = Verified
email-not-verified = Not verified

## Security

security-heading = Security
state-on = On
state-off = Off
state-blocked = Blocked
two-factor-heading = Two-factor authentication
two-factor-on = When you sign in, we ask for a code after your password. Nobody gets in with your password alone.
two-factor-off = Add a second step: when you sign in, we also ask for a code that only you can see.
two-factor-blocked = Your authenticator app was blocked after too many wrong codes. You cannot sign in with it again until { -helper } helps you.
two-factor-required = Your company requires it, so you cannot turn it off yourself.
two-factor-unavailable = Two-factor authentication is not available in your company yet. Ask { -helper } to make it available.
methods-heading = Your methods
methods-none = Nothing is set up yet. Turn on two-factor authentication to add an authenticator app.
method-app = Authenticator app
method-in-use = In use
method-disabled = Blocked after too many wrong codes
method-added = Added
method-last-used = Last used
method-never-used = Not used yet
apps-heading = Authenticator apps you can use
apps-explanation = An authenticator app makes a new code every 30 seconds, also without a network. These work, and so does any other app that makes time-based codes.

## Turn on

turn-on-crumb = Turn on two-factor authentication
turn-on-heading = Confirm your password
turn-on-explanation = Before you change how you sign in, enter your password again.
turn-on-submit = Submit
method-heading = Choose a method
method-legend = Where do you want to receive your code?
choice-app = In an authenticator app
choice-app-hint = An app on your phone or computer shows a new code every 30 seconds.
app-heading = Set up your authenticator app
app-scan = Scan this QR code with your authenticator app.
app-qr-title = QR code for your authenticator app. The manual key on this page does the same.
app-type = Cannot scan it? Enter these in your app.
app-manual-key = Manual key
app-account = Account
app-issuer = Issuer
app-type-of-key = Type
app-time-based = Time-based
app-next = Next: confirm access
app-confirm-heading = Confirm your authenticator app
app-confirm-hint = Enter the 6-digit code that your app shows now.
app-confirm-submit = Next: complete setup
turned-on-heading = Two-factor authentication is on
turned-on-next-time = The next time you sign in, we ask for your password and then for a code from your authenticator app.
turned-on-phone = Before you change or reset your phone, move the app to the new one or turn two-factor authentication off here.

## Turn off

turn-off-crumb = Turn off two-factor authentication
turn-off-heading = Turn off two-factor authentication?
turn-off-consequence = Anybody who knows your password could then sign in as you. The key in your authenticator app stops working; to turn it on again, you set up the app anew.
turn-off-others = This changes your own sign-in only.
turn-off-keep = Keep it on
turn-off-submit = Disable

## Password

password-heading = Change password
password-explanation = Your other devices are signed out when you save.
password-rule = At least { $min } characters. A few unrelated words are easy to remember and hard to guess.
password-submit = Save password

password-due-somebody-knows-it = Please choose a new password. Somebody entered many wrong codes after your right password, so they may know it.
password-due-too-short-alone = Please choose a longer password. It is all that protects your account now.
password-due-set-by-operator = Please choose a password of your own. The present one was set for you.
password-too-short = Use at least { $min } characters.
password-too-long = Use at most { $max } letters, fewer with accents or emoji.
password-common = This password is among the first that guessers try. Choose another one, for example four unrelated words.
password-personal = This password is made of your name, your address or your company. Choose one that others cannot guess.
password-breached = This password was published in a data breach. Choose another one, here and wherever else you use it.

## What was done

said-signed-out = You are signed out.
said-turned-off = Two-factor authentication is off.
said-session-over = Your sign-in ended before we could do this. Nothing was changed; sign in again.
said-password-changed = Your password is changed.

## Empty or unreadable fields

missing-email = Enter your email address.
malformed-email = Enter an email address like name@example.com.
missing-password = Enter your password.
missing-current-password = Enter your current password.
missing-code = Enter the code from your authenticator app.
missing-new-password = Enter a new password.
missing-method = Choose where your code comes from.

## Refusals

wrong-left = After { $tries ->
        [one] 1 more wrong try
       *[other] { $tries } more wrong tries
    } this name is locked for { $minutes ->
        [one] 1 minute
        [60] 1 hour
       *[other] { $minutes } minutes
    }.
refusal-wrong-sign-in = That email and password do not match. { wrong-left }
refusal-wrong-password = That password is not right. { wrong-left }
refusal-wrong-code = That code is not right. Enter the code that your app shows now. { wrong-left }
refusal-code-already-used = That code was used already. Wait for the next one in your app. { wrong-left }
refusal-wrong-proof = The password or the code is not right. { wrong-left }
refusal-missing = Fill in every field.
refusal-locked-until = Too many wrong tries. This name is locked until { $time } UTC (in { $minutes ->
        [one] 1 minute
       *[other] { $minutes } minutes
    }). Until then even the right entries are refused.
refusal-locked = Too many wrong tries. This name is locked for up to an hour. Until then even the right entries are refused.
refusal-over = This sign-in ran out or was finished elsewhere. Sign in again.
refusal-set-up-over = This set-up ran out or was finished elsewhere. Start again.
refusal-second-factor-disabled = Your authenticator app was blocked after too many wrong codes. Ask { -helper } to help you sign in again.
refusal-enrollment-required = Your company requires two-factor authentication, and yours is not set up. Ask { -helper } to help you.
refusal-not-allowed = Your company’s rules do not allow this.
refusal-session-ended = Too many wrong tries. You are signed out; sign in again.

## The demo's inbox

inbox-heading = Demo inbox
inbox-explanation = A real server would send these messages. The demo keeps them here.
inbox-empty = No messages yet. They appear here as soon as something is sent.
inbox-to = To { $to }
inbox-sign-in = Go to sign in

## Problems

problem-home = Go to the start page
problem-reload = Open the page again
problem-for-support = For support: { $code }, { $id }
problem-not-found = This page does not exist
problem-not-found-next = Check the address, or start from the beginning.
problem-method = This address does not work that way
problem-method-next = Start from the beginning and use the buttons on the page.
problem-host = This address is not served here
problem-host-next = Open { $address } instead.
problem-large = That was too much to send
problem-large-next = Go back and enter something shorter.
problem-slow = Your form took too long to arrive
problem-slow-next = Check your connection, go back and try again.
problem-not-a-form = We could not read what was sent
problem-form-next = Go back, reload the page and fill in the form again.
problem-form-malformed = The form arrived damaged
problem-form-duplicate = The form sent the same field twice
problem-form-unknown = The form sent a field that does not belong to it
problem-form-missing = The form arrived without all of its fields
problem-form-many = The form sent too many fields
problem-stale = This page is out of date
problem-stale-next = You signed in or out since you opened it, or your browser keeps no cookies. Open it again; nothing was changed.
stale-sign-in = You signed in or out since you opened this page, or your browser keeps no cookies. Type your password again.
problem-foreign = This request came from another site
problem-foreign-next = Nothing was changed. If you meant to do this, open our page and do it there.
problem-busy = We are very busy
problem-busy-next = Wait a few seconds, then go back and try again.
problem-unavailable = We cannot answer right now
problem-unavailable-next = Nobody gets in while we cannot check it properly. Try again in a few minutes.
problem-fault = Something went wrong on our side
problem-fault-next = Wait a moment, then go back and try again. If it happens again, tell { -helper } the code below.
