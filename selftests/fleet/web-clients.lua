-- SPDX-License-Identifier: GPL-2.0-only
-- What wrk does for web.sh, with the arguments CONNECTIONS PAUSE QUIET: on each connection
-- a request PAUSE ms after the last answer, until the file QUIET is there. When no request is
-- under way any more, "quiet" is printed; so all that have begun have been counted when wrk is
-- told to end. "rate SECOND N" is how many were answered in each second since the machine has
-- started.
local connections, pause, quiet
local idle, second, answers = 0, nil, 0

function init(args)
	connections, pause, quiet = tonumber(args[1]), tonumber(args[2]), args[3]
	io.stdout:setvbuf("line")
end

local function exists(path)
	local file = io.open(path)
	if file then
		file:close()
	end
	return file ~= nil
end

local function uptime()
	local file = io.open("/proc/uptime")
	local now = file:read("*n")
	file:close()
	return math.floor(now)
end

local function count()
	local now = uptime()
	if second and now ~= second then
		io.write("rate ", second, " ", answers, "\n")
		answers = 0
	end
	second = now
	answers = answers + 1
end

-- Called on a connection when it has been answered.
function delay()
	count()
	if not exists(quiet) then
		return pause
	end
	idle = idle + 1
	if idle == connections then
		io.write("quiet\n")
	end
	-- Longer than wrk runs.
	return 3600000
end

function done(summary)
	local e = summary.errors
	io.write("requests ", summary.requests, "\n")
	io.write("failed ", e.status + e.connect + e.read + e.write + e.timeout, "\n")
end
