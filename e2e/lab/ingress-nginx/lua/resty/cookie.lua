-- Reads and sets one cookie. Stands in for the library that Debian does not package.
local _M = {}
_M.__index = _M

function _M.new()
  return setmetatable({}, _M)
end

function _M.get(_, name)
  local value = ngx.var["cookie_" .. name]
  if value == nil then
    return nil, "no such cookie"
  end
  return value
end

function _M.set(_, cookie)
  local parts = { cookie.key .. "=" .. cookie.value }
  if cookie.path then
    parts[#parts + 1] = "Path=" .. cookie.path
  end
  if cookie.domain then
    parts[#parts + 1] = "Domain=" .. cookie.domain
  end
  if cookie.max_age then
    parts[#parts + 1] = "Max-Age=" .. cookie.max_age
  end
  if cookie.httponly then
    parts[#parts + 1] = "HttpOnly"
  end
  if cookie.secure then
    parts[#parts + 1] = "Secure"
  end
  ngx.header["Set-Cookie"] = table.concat(parts, "; ")
  return true
end

return _M
